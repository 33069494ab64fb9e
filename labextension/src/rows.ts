/** The tree of tables as a flat list of visible rows: what is open, what is found. Nothing here touches the page. */

import type { ICatalog, ITable, TableLine } from './answers.js';

/** One row of the tree. */
export interface IRow {
  key: string;
  kind: 'group' | 'table' | 'part' | 'column' | 'filter' | 'note';
  level: number;
  label: string;
  /** What stands quietly beside the label. */
  detail: string;
  /** What the row means: shown below the tree when the row is selected. */
  meaning: string;
  /** Null if there is nothing to open. */
  open: boolean | null;
  /** The table that the row belongs to; empty for a group. */
  table: string;
  /** How many rows stand beside it, and which of them it is, from 1. */
  size: number;
  position: number;
  /** What is inserted for a filter's value. */
  example?: string;
}

export const TAIL = 'tail';

/** A catalog whose texts are ready to be searched. */
export class SearchableCatalog {
  constructor(readonly catalog: ICatalog) {
    this.groups = catalog.groups.map(({ title, tables }) => ({ title, tables: tables.map(prepared) }));
    this.tail = catalog.tail.map(prepared);
  }

  readonly groups: { title: string; tables: IPrepared[] }[];
  readonly tail: IPrepared[];

  /** How many tables there are. */
  get size(): number {
    return this.groups.reduce((sum, { tables }) => sum + tables.length, this.tail.length);
  }

  /** Return the visible rows. */
  rows(open: ReadonlySet<string>, details: ReadonlyMap<string, ITable>, search: string): IRow[] {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = [
      ...this.groups.map(group => {
        const [title = '', meaning = ''] = group.title.split(': ');
        return { ...group, title, key: `group:${group.title}`, meaning };
      }),
      {
        title: 'Other lists of the API',
        tables: this.tail,
        key: TAIL,
        meaning: 'Known from Procore’s API description alone; nobody has checked them yet.'
      }
    ]
      .map(group => ({ ...group, tables: found(group.tables, words) }))
      .filter(({ tables }) => tables.length > 0);
    const rows: IRow[] = [];
    groups.forEach(({ title, tables, key, meaning }, index) => {
      const isOpen = words.length > 0 || open.has(key); // what is found is never hidden
      rows.push({
        key,
        kind: 'group',
        level: 1,
        label: title,
        detail: String(tables.length),
        meaning,
        open: isOpen,
        table: '',
        size: groups.length,
        position: index + 1
      });
      if (isOpen) {
        tables.forEach(({ line }, place) => addTable(rows, line, place + 1, tables.length, open, details));
      }
    });
    return rows;
  }
}

interface IPrepared {
  line: TableLine;
  text: string;
}

function prepared(line: TableLine): IPrepared {
  return { line, text: `${line[0]} ${line[0].replaceAll('_', ' ')} ${line[1]}`.toLowerCase() };
}

/** Return the tables that hold all words, those whose name begins with the first word before the others. */
function found(tables: IPrepared[], words: string[]): IPrepared[] {
  const first = words[0];
  if (first === undefined) {
    return tables;
  }
  const all = tables.filter(({ text }) => words.every(word => text.includes(word)));
  const begins = ({ text }: IPrepared): boolean => text.startsWith(first);
  return [...all.filter(begins), ...all.filter(one => !begins(one))];
}

/** What rows have in common in which there is nothing to open. */
const LEAF = { level: 4, open: null, detail: '', meaning: '', size: 1, position: 1 } as const;

function addTable(
  rows: IRow[],
  [name, title, scope]: TableLine,
  position: number,
  size: number,
  open: ReadonlySet<string>,
  details: ReadonlyMap<string, ITable>
): void {
  const key = `table:${name}`;
  const table = details.get(name);
  const isOpen = open.has(key);
  const by = scope === 'global' ? '' : `one list for each ${scope}`;
  rows.push({
    key,
    kind: 'table',
    level: 2,
    label: title || name,
    detail: name,
    meaning: table?.note || by,
    open: isOpen,
    table: name,
    size,
    position
  });
  if (!isOpen) {
    return;
  }
  if (!table) {
    rows.push({ ...LEAF, key: `wait:${name}`, kind: 'note', level: 3, label: 'One moment …', table: name });
    return;
  }
  const parts = [
    ...(table.required.length > 0
      ? [{ id: 'required', label: 'Needs', items: table.required.map(one => filterRow(name, one)) }]
      : []),
    { id: 'columns', label: 'Columns', items: columnRows(table) },
    { id: 'filters', label: 'Filters', items: table.filters.map(one => filterRow(name, one)) }
  ].filter(({ items }) => items.length > 0);
  parts.forEach(({ id, label, items }, index) => {
    const partKey = `${id}:${name}`;
    // Columns are what a person opens a table for, and what is needed isn't to be overlooked.
    const isPartOpen = id === 'filters' ? open.has(partKey) : !open.has(`closed:${partKey}`);
    rows.push({
      key: partKey,
      kind: 'part',
      level: 3,
      label,
      detail: String(items.length),
      meaning: id === 'filters' ? table.days : '',
      open: isPartOpen,
      table: name,
      size: parts.length,
      position: index + 1
    });
    if (isPartOpen) {
      items.forEach((item, place) => rows.push({ ...item, size: items.length, position: place + 1 }));
    }
  });
}

/** Return the columns, those that people look for first before the others. */
function columnRows(table: ITable): IRow[] {
  const first = new Set(table.first);
  const ordered = [
    ...table.first.flatMap(name => table.columns.filter(([one]) => one === name)),
    ...table.columns.filter(([one]) => !first.has(one))
  ];
  return ordered.map(([name, kind, meaning]) => ({
    ...LEAF,
    key: `column:${table.name}:${name}`,
    kind: 'column',
    label: name,
    detail: kind,
    meaning,
    table: table.name
  }));
}

function filterRow(table: string, [name, takes, example]: [string, string, string?]): IRow {
  return {
    ...LEAF,
    key: `filter:${table}:${name}`,
    kind: 'filter',
    label: name,
    detail: takes,
    meaning: takes,
    table,
    example: example ?? '…'
  };
}

/** Return what is open after a row was opened or closed; an open set also says what a person has closed. */
export function toggled(open: ReadonlySet<string>, row: IRow): Set<string> {
  const next = new Set(open);
  const closed = `closed:${row.key}`;
  if (row.open) {
    next.delete(row.key);
    next.add(closed);
  } else {
    next.add(row.key);
    next.delete(closed);
  }
  return next;
}
