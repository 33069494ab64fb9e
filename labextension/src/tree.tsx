/** The tables as a tree; and what can be done with the selected one. */

import {
  type DragEvent,
  type KeyboardEvent,
  type ReactNode,
  memo,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'react';

import { TO_WRITE, filterArgument, python, sqlCell, tableCall, tableCell } from './code.js';
import type { Where } from './insert.js';
import type { IPanel } from './model.js';
import { type IRow, toggled, unknown } from './rows.js';

/** Rows that a page key goes on. */
const PAGE = 12;

/** What was searched for, what is open and what is selected. */
export interface IMemory {
  search: string;
  /** The keys of the open rows; null until somebody has opened or closed one. */
  open: ReadonlySet<string> | null;
  selected: string;
}

interface IProps {
  panel: IPanel;
  memory: IMemory;
  remember: (change: (before: IMemory) => IMemory) => void;
}

type How = 'preview' | 'insert' | 'cell' | 'sql';
type Act = (how: How, row: IRow, value?: string) => Promise<void>;

const SAID: Record<Where, string> = {
  cursor: 'Inserted at the cursor.',
  cell: 'Inserted as a new cell.',
  console: 'Inserted into the console.',
  nowhere: 'This notebook can’t be changed.'
};

export function Tables({ panel, memory, remember }: IProps): ReactNode {
  const { model, trans, actions } = panel;
  const [said, setSaid] = useState('');
  const { catalog, tables, session, state } = model.shown;
  const { search, selected } = memory;
  const open = memory.open ?? new Set(catalog ? [catalog.first] : []);
  const rows = useMemo(
    () => catalog?.rows(open, tables, search) ?? [],
    [catalog, tables, memory.open, search]
  );
  // Whoever opened a table: another kernel, or one that was restarted, hasn't told of it yet.
  useEffect(() => unknown(rows).forEach(table => void model.open(table)), [rows]);
  if (!catalog || !session || !state) {
    return <div className="procore-view procore-soft">{trans.__('One moment …')}</div>;
  }
  const row = rows.find(({ key }) => key === selected);
  const change = (more: Partial<IMemory>): void => remember(before => ({ ...before, ...more }));
  const toggle = (which: IRow): void => change({ open: toggled(open, which) });
  /** Return the code of a row, of a filter with a value; null while its table isn't known. */
  const code = (how: How, which: IRow, value = which.values[0] ?? TO_WRITE): string | null => {
    const table = model.shown.tables.get(which.table);
    const filter = which.kind === 'filter' ? filterArgument(which.label, value) : '';
    if (how === 'insert' && which.kind !== 'table') {
      return filter || python(which.label);
    }
    const make = { insert: tableCall, cell: tableCell, sql: sqlCell, preview: tableCall }[how];
    return table ? make(table, session, state.name, filter) : null;
  };
  const act: Act = async (how, which, value) => {
    if (how === 'preview') {
      actions.preview(which.table);
      return;
    }
    await model.open(which.table);
    const text = code(how, which, value);
    if (text !== null) {
      setSaid(trans.__(SAID[how === 'insert' ? actions.insert(text) : actions.newCell(text)]));
    }
  };
  return (
    <>
      <div className="procore-search">
        <input
          type="search"
          className="procore-input"
          data-procore-first
          aria-label={trans.__('Find a table')}
          placeholder={trans.__('Find among %1 tables', catalog.size)}
          value={search}
          onChange={event => change({ search: event.target.value })}
        />
      </div>
      {rows.length === 0 ? (
        <div className="procore-view procore-soft">
          {trans.__('No table has these words in its name. procore.get_all(path) reads any list of the API.')}
        </div>
      ) : (
        <Tree
          rows={rows}
          selected={selected}
          label={trans.__('Tables')}
          select={which => change({ selected: which.key })}
          toggle={toggle}
          act={act}
          pressed={which => void (which.table && model.open(which.table))}
          dragged={which => code('insert', which)}
        />
      )}
      {row && (row.meaning || 'table column filter'.includes(row.kind)) ? (
        <Selected row={row} panel={panel} act={act} said={said} />
      ) : null}
    </>
  );
}

interface ITree {
  rows: IRow[];
  selected: string;
  label: string;
  select: (row: IRow) => void;
  toggle: (row: IRow) => void;
  act: Act;
  /** Is told of the row that may be dragged next, so that its table is known by then. */
  pressed: (row: IRow) => void;
  /** What a row is when it is dragged; null while its table isn't known. */
  dragged: (row: IRow) => string | null;
}

function Tree({ rows, selected, label, select, toggle, act, pressed, dragged }: ITree): ReactNode {
  const node = useRef<HTMLDivElement>(null);
  const at = rows.findIndex(({ key }) => key === selected);
  useEffect(() => {
    if (document.activeElement === node.current) {
      node.current?.children[at]?.scrollIntoView({ block: 'nearest' });
    }
  }, [at, rows]);
  const go = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) {
      select(row);
    }
  };
  /** Do what a key means; return whether it means anything. */
  const typed = (key: string, row: IRow | undefined): boolean => {
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + PAGE,
      PageUp: at - PAGE,
      Home: 0,
      End: rows.length - 1
    };
    const target = targets[key];
    if (target !== undefined) {
      go(target);
    } else if (row && key === 'ArrowRight') {
      if (row.open === false) {
        toggle(row);
      } else {
        go(row.open ? at + 1 : at);
      }
    } else if (row && key === 'ArrowLeft' && row.open) {
      toggle(row);
    } else if (row && key === 'ArrowLeft' && row.level > 1) {
      go(rows.slice(0, at).findLastIndex(({ level }) => level < row.level));
    } else if (row && key === 'Enter') {
      void (row.open === null || row.kind === 'table' ? act('insert', row) : toggle(row));
    } else if (row && key === ' ') {
      void (row.kind === 'table' ? act('preview', row) : row.open === null ? undefined : toggle(row));
    } else if (/^\S$/.test(key)) {
      const next = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
      const meant = next.find(({ label: text }) => text.toLowerCase().startsWith(key.toLowerCase()));
      if (meant) {
        select(meant);
      }
    } else {
      return false;
    }
    return true;
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { altKey, ctrlKey, metaKey, shiftKey, key } = event;
    if (!altKey && !ctrlKey && !metaKey && !(shiftKey && key === 'Enter') && typed(key, rows[at])) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  /** Return what does something with the row that an event is about. */
  const withRow =
    <Event extends { target: EventTarget }>(does: (row: IRow, event: Event) => void) =>
    (event: Event): void => {
      const item = (event.target as Element).closest('[role=treeitem]');
      const row = item && rows[[...(node.current?.children ?? [])].indexOf(item)];
      if (row) {
        does(row, event);
      }
    };
  return (
    <div
      ref={node}
      className="procore-tree"
      role="tree"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={at >= 0 ? `procore-row-${at}` : undefined}
      onKeyDown={onKeyDown}
      onFocus={() => at < 0 && go(0)}
      onMouseDown={withRow(pressed)}
      onClick={withRow(row => {
        select(row);
        if (row.open !== null) {
          toggle(row);
        }
      })}
      onDragStart={withRow((row, event: DragEvent) => {
        const text = dragged(row);
        if (text === null) {
          event.preventDefault();
        } else {
          event.dataTransfer.setData('text/plain', text);
        }
      })}
    >
      {rows.map((row, index) => (
        // By its place: what is found by the next letter is written into the same elements.
        <Row key={index} id={`procore-row-${index}`} row={row} isSelected={index === at} />
      ))}
    </div>
  );
}

interface IRowProps {
  id: string;
  row: IRow;
  isSelected: boolean;
}

/** A row, which is drawn again only when it is another one: there may be hundreds. */
const Row = memo(({ id, row, isSelected }: IRowProps): ReactNode => {
  const { kind, label, detail, meaning, level, open, table } = row;
  return (
    <div
      id={id}
      className="procore-item"
      role="treeitem"
      data-kind={kind}
      aria-level={level}
      aria-expanded={open ?? undefined}
      aria-selected={isSelected}
      title={[label, kind === 'table' ? table : detail, meaning].filter(Boolean).join(' · ')}
      draggable={kind !== 'group' && kind !== 'part'}
      style={{ paddingLeft: 4 + (level - 1) * 12 }}
    >
      <svg className="procore-twist" viewBox="0 0 14 14" aria-hidden="true">
        {open === null ? null : <path d="M5 3l4 4-4 4" />}
      </svg>
      <span className="procore-name">{label}</span>
      {detail ? <span className="procore-detail">{detail}</span> : null}
    </div>
  );
});

interface ISelected {
  row: IRow;
  panel: IPanel;
  act: Act;
  said: string;
}

/** What the selected row means, and the buttons for it: a keyboard reaches them behind the tree. */
function Selected({ row, panel, act, said }: ISelected): ReactNode {
  const { trans } = panel;
  const button = (how: How, text: string, value?: string): ReactNode => (
    <button
      key={text}
      className={how === 'preview' ? 'procore-main' : 'procore-second'}
      // The focus stays where it is: a cell that is being edited keeps its cursor.
      onMouseDown={event => event.preventDefault()}
      onClick={() => void act(how, row, value)}
    >
      {text}
    </button>
  );
  const takes = row.kind === 'column' || (row.kind === 'filter' && !row.values[0]) ? row.detail : '';
  return (
    <div className="procore-selected" role="group" aria-label={trans.__('Selected')}>
      <div className="procore-name">
        {row.label} {row.kind === 'table' ? <code>{row.table}</code> : null}
      </div>
      <div className="procore-acts">
        {row.kind === 'table' ? (
          <>
            {button('preview', trans.__('Preview'))}
            {button('cell', trans.__('New cell'))}
            {button('insert', trans.__('Insert'))}
            {button('sql', trans.__('SQL'))}
          </>
        ) : null}
        {row.kind === 'column' ? button('insert', trans.__('Insert name')) : null}
        {row.values.length > 0 ? <span>{trans.__('New cell with')}</span> : null}
        {row.values.map(value => button('cell', value.replaceAll('"', ''), value))}
        {row.kind === 'filter' ? button('insert', trans.__('Insert filter')) : null}
      </div>
      <div className="procore-tip" role="status">
        {said}
      </div>
      <div className="procore-meaning">{[takes, row.meaning].filter(Boolean).join(' · ')}</div>
    </div>
  );
}
