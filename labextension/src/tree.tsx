/** The tables as a tree, of which the page holds only the rows that can be seen; and what can be done with the selected one. */

import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';

import { filterArgument, python, sqlCell, tableCall, tableCell } from './code.js';
import type { Where } from './insert.js';
import type { IPanel } from './panel.js';
import { type IRow, toggled } from './rows.js';

/** Heights in pixels: of a row, and of each further line that its label takes; and the most lines that it takes. */
const ROW = 26;
const LINE = 17;
const MOST_LINES = 3;
/** Pixels that a row's label has not: the sign before it, the gaps, and what may stand behind it. */
const AROUND = 40;
/** Pixels that a level is indented. */
const INDENT = 12;
/** Rows above and below the visible ones that are in the page too. */
const BEYOND = 4;

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
  cell: 'Inserted as a new cell: Shift+Enter runs it.',
  console: 'Inserted into the console.',
  nowhere: 'This notebook can’t be changed.'
};

export function Tables({ panel, memory, remember }: IProps): ReactNode {
  const { model, trans, actions } = panel;
  const [said, setSaid] = useState('');
  const { catalog, tables, session, state } = model.shown;
  const { search, selected } = memory;
  const open = memory.open ?? new Set(catalog ? [catalog.first] : []);
  const rows = useMemo(() => catalog?.rows(open, tables, search) ?? [], [catalog, memory, tables]);
  if (!catalog || !session || !state) {
    return <div className="procore-view procore-soft">{trans.__('One moment …')}</div>;
  }
  const row = rows.find(({ key }) => key === selected);
  const change = (more: Partial<IMemory>): void => remember(before => ({ ...before, ...more }));
  const toggle = (which: IRow): void => {
    change({ open: toggled(open, which) });
    if (which.kind === 'table') {
      void model.open(which.table);
    }
  };
  /** Return the code of a row, of a filter with a value; null while its table isn't known. */
  const code = (how: How, which: IRow, value = which.values[0] ?? '…'): string | null => {
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
          fetch={which => void model.open(which.table)}
          dragged={which => code('insert', which)}
        />
      )}
      {row && row.kind !== 'note' ? <Selected row={row} panel={panel} act={act} said={said} /> : null}
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
  /** Ask for a table, so that it is known when it is dragged. */
  fetch: (row: IRow) => void;
  /** What a row is when it is dragged; null while its table isn't known. */
  dragged: (row: IRow) => string | null;
}

function Tree({ rows, selected, label, select, toggle, act, fetch, dragged }: ITree): ReactNode {
  const node = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 240 });
  const measure = (): void => {
    if (node.current) {
      const { scrollTop: top, clientHeight: height, clientWidth: width } = node.current;
      setView({ top, height, width });
    }
  };
  const ends = useMemo(() => endsOf(rows, view.width), [rows, view.width]);
  const startOf = (index: number): number => ends[index - 1] ?? 0;
  const indexAt = (pixel: number): number => {
    const index = ends.findIndex(end => end > pixel);
    return index < 0 ? rows.length - 1 : index;
  };
  const at = rows.findIndex(({ key }) => key === selected);
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
      const low = (ends[at] ?? 0) - tree.clientHeight;
      tree.scrollTop = Math.min(startOf(at), Math.max(low, tree.scrollTop));
    }
  }, [at]);

  const first = Math.max(0, indexAt(view.top) - BEYOND);
  const last = Math.min(rows.length, indexAt(view.top + view.height) + 1 + BEYOND);
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
  /** Do what a key means; return whether it means anything. */
  const pressed = (key: string, row: IRow | undefined): boolean => {
    const targets: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: rows.length - 1,
      PageDown: Math.max(at + 1, indexAt(startOf(at) + view.height) - 1),
      PageUp: Math.min(at - 1, indexAt(startOf(at) - view.height) + 1)
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
    if (!altKey && !ctrlKey && !metaKey && !(shiftKey && key === 'Enter') && pressed(key, rows[at])) {
      event.preventDefault();
      event.stopPropagation();
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
      <div className="procore-tree-rows" role="presentation" style={{ height: ends.at(-1) }}>
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
            title={[row.label, row.kind === 'table' ? row.table : row.detail, row.meaning]
              .filter(Boolean)
              .join(' · ')}
            draggable={row.kind !== 'group' && row.kind !== 'part'}
            style={{
              top: startOf(index),
              height: (ends[index] ?? 0) - startOf(index),
              paddingLeft: 4 + (row.level - 1) * INDENT
            }}
            onMouseDown={() => row.kind === 'table' && fetch(row)}
            onDragStart={event => {
              const text = dragged(row);
              if (text === null) {
                event.preventDefault();
              } else {
                event.dataTransfer.setData('text/plain', text);
              }
            }}
            onClick={() => {
              select(row);
              if (row.open !== null) {
                toggle(row);
              }
            }}
          >
            <svg className="procore-twist" viewBox="0 0 14 14" aria-hidden="true">
              {row.open === null ? null : <path d="M5 3l4 4-4 4" />}
            </svg>
            <span className="procore-name">{row.label}</span>
            {row.detail ? <span className="procore-detail">{row.detail}</span> : null}
          </div>
        ))}
      </div>
    </div>
  );
}

const canvas = document.createElement('canvas').getContext('2d');
const widths = new Map<string, number>();

/** Return where each row ends, in pixels from the top of all: a long label takes more lines. */
function endsOf(rows: IRow[], width: number): number[] {
  const style = getComputedStyle(document.body);
  const font = (name: string): string =>
    `${style.getPropertyValue(`--jp-${name}-font-size${name === 'ui' ? '1' : ''}`)} ${style.getPropertyValue(`--jp-${name}-font-family`)}`;
  const fonts = { ui: font('ui'), code: font('code') };
  let end = 0;
  return rows.map(({ label, kind, level }) => {
    const used = kind === 'column' || kind === 'filter' ? fonts.code : fonts.ui;
    const key = `${used} ${label}`;
    let wide = widths.get(key);
    if (wide === undefined) {
      if (canvas) {
        canvas.font = used;
      }
      wide = canvas?.measureText(label).width ?? 0;
      widths.set(key, wide);
    }
    const room = Math.max(60, width - AROUND - (level - 1) * INDENT);
    // Lines end at words, so they aren't full.
    const lines = wide <= room ? 1 : Math.min(MOST_LINES, Math.ceil((1.2 * wide) / room));
    return (end += ROW + (lines - 1) * LINE);
  });
}

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
  const kind = row.kind === 'column' || row.kind === 'filter' ? row.detail : '';
  return (
    <div className="procore-selected" role="group" aria-label={trans.__('Selected')}>
      <div className="procore-name">
        {row.label} {row.kind === 'table' ? <code>{row.table}</code> : null}
      </div>
      <div className="procore-meaning">{[kind, row.meaning].filter(Boolean).join(' · ')}</div>
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
    </div>
  );
}
