/** The tables as a tree, of which the page holds only the rows that can be seen; and what can be done with the selected one. */

import type { TranslationBundle } from '@jupyterlab/translation';
import {
  type DragEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState
} from 'react';

import type { ISession } from './answers.js';
import { filterArgument, sqlCell, tableCall, tableCell } from './code.js';
import type { Where } from './insert.js';
import type { PanelModel } from './model.js';
import { type IRow, toggled } from './rows.js';

/** Height of a row in pixels. */
const ROW = 26;
/** Rows above and below the visible ones that are in the page too. */
const BEYOND = 4;

/** What a person does with a table. */
export interface IActions {
  insert: (text: string) => Where;
  newCell: (source: string) => Where;
  preview: (table: string) => void;
}

/** What outlives a look at another panel: what was searched for, what is open and what is selected. */
export interface IMemory {
  search: string;
  open: ReadonlySet<string>;
  selected: string;
}

interface IProps {
  model: PanelModel;
  trans: TranslationBundle;
  actions: IActions;
  memory: IMemory;
}

export function Tables({ model, trans, actions, memory }: IProps): ReactNode {
  const [search, setSearch] = useState(memory.search);
  const [open, setOpen] = useState(memory.open);
  const [selected, setSelected] = useState(memory.selected);
  const [said, setSaid] = useState('');
  Object.assign(memory, { search, open, selected });
  const { catalog, tables, session } = model.shown;
  if (!catalog || !session) {
    return <div className="procore-view procore-soft">{trans.__('One moment …')}</div>;
  }
  const rows = catalog.rows(open, tables, search);
  const row = rows.find(({ key }) => key === selected);
  const toggle = (which: IRow): void => {
    setOpen(toggled(open, which));
    if (which.kind === 'table' && !which.open) {
      void model.open(which.table);
    }
  };
  const act = async (how: How, which: IRow): Promise<void> => {
    if (how === 'preview') {
      actions.preview(which.table);
      return;
    }
    const code = await codeOf(how, which, model, session);
    if (code !== null) {
      const where = how === 'cell' || how === 'sql' ? actions.newCell(code) : actions.insert(code);
      setSaid(trans.__(SAID[where]));
    }
  };
  return (
    <>
      <div className="procore-search">
        <input
          type="search"
          className="procore-input"
          aria-label={trans.__('Find a table')}
          placeholder={trans.__('Find among %1 tables', catalog.size)}
          value={search}
          onChange={event => setSearch(event.target.value)}
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
          look={trans.__('Preview')}
          select={which => setSelected(which.key)}
          toggle={toggle}
          act={act}
          fetch={which => void model.open(which.table)}
          dragged={which => draggedText(which, model, session)}
        />
      )}
      {row && row.kind !== 'note' ? <Selected row={row} trans={trans} act={act} said={said} /> : null}
    </>
  );
}

type How = 'preview' | 'insert' | 'cell' | 'sql';

const SAID: Record<Where, string> = {
  cursor: 'Inserted at the cursor.',
  cell: 'Inserted as a new cell.',
  console: 'Inserted into the console.',
  nowhere: 'This notebook can’t be changed.'
};

/** Return the code of a row: of a table a call or a cell, of a column its name, of a filter an argument. */
async function codeOf(how: How, row: IRow, model: PanelModel, session: ISession): Promise<string | null> {
  const name = model.shown.state?.name ?? 'procore';
  if (row.kind === 'column') {
    return JSON.stringify(row.label);
  }
  if (row.kind === 'filter') {
    const filter = filterArgument(row.label, row.example ?? '…');
    if (how !== 'cell') {
      return filter;
    }
    const filtered = await model.open(row.table);
    return filtered && tableCell(filtered, session, name, filter);
  }
  const table = await model.open(row.table);
  if (table === null) {
    return null;
  }
  return { insert: tableCall, cell: tableCell, sql: sqlCell, preview: tableCall }[how](table, session, name);
}

/** Return the text that a dragged row is; null while the table isn't known yet. */
function draggedText(row: IRow, model: PanelModel, session: ISession): string | null {
  if (row.kind === 'column') {
    return JSON.stringify(row.label);
  }
  if (row.kind === 'filter') {
    return filterArgument(row.label, row.example ?? '…');
  }
  const table = model.shown.tables.get(row.table);
  return table ? tableCall(table, session, model.shown.state?.name ?? 'procore') : null;
}

interface ITreeProps {
  rows: IRow[];
  selected: string;
  label: string;
  look: string;
  select: (row: IRow) => void;
  toggle: (row: IRow) => void;
  act: (how: How, row: IRow) => Promise<void>;
  /** Ask for a table, so that it is known when it is dragged. */
  fetch: (row: IRow) => void;
  /** What a row is when it is dragged; null while its table isn't known. */
  dragged: (row: IRow) => string | null;
}

function Tree({ rows, selected, label, look, select, toggle, act, fetch, dragged }: ITreeProps): ReactNode {
  const node = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const at = rows.findIndex(({ key }) => key === selected);
  const measure = (): void => {
    if (node.current) {
      setView({ top: node.current.scrollTop, height: node.current.clientHeight });
    }
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(measure);
    if (node.current) {
      observer.observe(node.current);
    }
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const tree = node.current;
    if (tree && at >= 0 && document.activeElement === tree) {
      const top = at * ROW;
      const low = top + ROW - tree.clientHeight;
      tree.scrollTop = Math.min(top, Math.max(low, tree.scrollTop));
    }
  }, [at]);

  const first = Math.max(0, Math.floor(view.top / ROW) - BEYOND);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW) + BEYOND);
  const shown = rows.slice(first, last).map((row, index) => ({ row, index: first + index }));
  // What is selected has to be in the page, or a screen reader doesn't find it.
  const far = at >= 0 && (at < first || at >= last) ? rows[at] : undefined;
  if (far) {
    shown.push({ row: far, index: at });
  }
  const go = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row) {
      select(row);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[at];
    if (event.altKey || event.ctrlKey || event.metaKey || (event.shiftKey && event.key === 'Enter')) {
      return;
    }
    if (!moved(event.key, row)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const moved = (key: string, row: IRow | undefined): boolean => {
    const page = Math.max(1, Math.floor(view.height / ROW) - 1);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1
    };
    const target = { ...steps, PageDown: at + page, PageUp: at - page }[key];
    if (target !== undefined) {
      go(target);
    } else if (row && key === 'ArrowRight' && row.open === false) {
      toggle(row);
    } else if (row && key === 'ArrowRight') {
      go(row.open ? at + 1 : at);
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
  const drag = (event: DragEvent, row: IRow): void => {
    const text = dragged(row);
    if (text === null) {
      event.preventDefault();
    } else {
      event.dataTransfer.setData('text/plain', text);
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
      onScroll={measure}
      onKeyDown={onKeyDown}
      onFocus={() => at < 0 && go(first)}
    >
      <div className="procore-tree-rows" role="presentation" style={{ height: rows.length * ROW }}>
        {shown.map(({ row, index }) => (
          <div
            // By its place: what is found by the next letter is written into the same elements.
            key={index}
            id={`procore-row-${index}`}
            className="procore-item"
            role="treeitem"
            data-kind={row.kind}
            aria-level={row.level}
            aria-setsize={row.size}
            aria-posinset={row.position}
            aria-expanded={row.open ?? undefined}
            aria-selected={row.key === selected}
            title={row.meaning || row.detail}
            draggable={row.kind !== 'group' && row.kind !== 'part'}
            style={{ top: index * ROW, height: ROW, paddingLeft: 4 + (row.level - 1) * 12 }}
            onMouseDown={() => row.kind === 'table' && fetch(row)}
            onDragStart={event => drag(event, row)}
            onClick={() => {
              select(row);
              if (row.open !== null) {
                toggle(row);
              }
            }}
            onDoubleClick={() => row.kind === 'table' && void act('preview', row)}
          >
            <svg className="procore-twist" viewBox="0 0 14 14" aria-hidden="true">
              {row.open === null ? null : <path d="M5 3l4 4-4 4" />}
            </svg>
            <span className="procore-name">{row.label}</span>
            <span className="procore-detail">{row.detail}</span>
            {row.kind === 'table' ? (
              <span
                className="procore-look"
                aria-hidden="true"
                onClick={event => {
                  event.stopPropagation();
                  select(row);
                  void act('preview', row);
                }}
              >
                {look}
              </span>
            ) : null}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Tell whether a filter's argument has a value, and not an ellipsis in its place. */
function hasValue(row: IRow): boolean {
  return (row.example ?? '…') !== '…';
}

interface ISelected {
  row: IRow;
  trans: TranslationBundle;
  act: (how: How, row: IRow) => Promise<void>;
  said: string;
}

/** What the selected row means, and the buttons for it: a keyboard reaches them behind the tree. */
function Selected({ row, trans, act, said }: ISelected): ReactNode {
  const button = (how: How, text: string, main = false): ReactNode => (
    <button
      className={main ? 'procore-main' : 'procore-second'}
      // The focus stays where it is: a cell that is being edited keeps its cursor.
      onMouseDown={event => event.preventDefault()}
      onClick={() => void act(how, row)}
    >
      {text}
    </button>
  );
  const meaning = [row.kind === 'column' ? row.detail : '', row.meaning].filter(Boolean).join(' · ');
  return (
    <div className="procore-selected" role="group" aria-label={trans.__('Selected')}>
      <div className="procore-name">{row.label}</div>
      {meaning ? <div className="procore-meaning">{meaning}</div> : null}
      <div className="procore-acts">
        {row.kind === 'table' ? (
          <>
            {button('preview', trans.__('Preview'), true)}
            {button('insert', trans.__('Insert'))}
            {button('cell', trans.__('New cell'))}
            {button('sql', trans.__('SQL'))}
          </>
        ) : null}
        {row.kind === 'column' ? button('insert', trans.__('Insert name')) : null}
        {row.kind === 'filter' ? (
          <>
            {button('insert', trans.__('Insert filter'))}
            {hasValue(row) ? button('cell', trans.__('New cell')) : null}
          </>
        ) : null}
      </div>
      <div className="procore-tip" role="status">
        {said}
      </div>
    </div>
  );
}
