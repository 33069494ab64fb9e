/** The tree of tables as a flat list of visible rows: what is open, what is found. Nothing here touches the page. */

import type { ICatalog, ITable, TableLine } from './answers.js';

/** What a row says, wherever in the tree it stands. */
interface INode {
  key: string;
  kind: 'group' | 'table' | 'part' | 'column' | 'filter' | 'note';
  label: string;
  /** What stands quietly beside the label. */
  detail: string;
  /** What the row means: shown below the tree when the row is selected. */
  meaning: string;
  /** The table that the row belongs to; empty for a group. */
  table: string;
  /** The values of a filter, as Python writes them. */
  values: string[];
  /** What is shown when the row is open; absent if there is nothing to open. */
  inside?: () => INode[];
}

/** One row of the tree. */
export interface IRow extends INode {
  level: number;
  /** Null if there is nothing to open. */
  open: boolean | null;
}

/** Tables of a group that a search shows, at most. */
const MOST_FOUND = 60;

/** What the keys of rows begin with that stand where a table isn't known yet. */
const WAITS = 'wait:';

const TAIL =
  'Other lists of the API: Known from Procore’s API description alone; nobody has checked them yet.';

type Prepared = { line: TableLine; text: string };

/** A catalog whose texts are ready to be searched. */
export class SearchableCatalog {
  constructor({ groups, tail }: ICatalog) {
    const all = [...groups.flatMap(({ tables }) => tables), ...tail].map(([, title]) => title);
    const doubled = new Set(all.filter((title, index) => all.indexOf(title) !== index));
    const named = tail.map(([name, title, scope]): TableLine => [
      name,
      doubled.has(title) ? `${title} · ${name}` : title,
      scope
    ]);
    this.groups = [...groups, { title: TAIL, tables: named }].map(({ title, tables }) => ({
      title,
      tables: tables.map(line => ({
        line,
        text: `${line[0]} ${line[0].replaceAll('_', ' ')} ${line[1]}`.toLowerCase()
      }))
    }));
    this.size = this.groups.reduce((sum, { tables }) => sum + tables.length, 0);
    this.first = `group:${this.groups[0]?.title}`;
  }

  private readonly groups: { title: string; tables: Prepared[] }[];
  /** How many tables there are. */
  readonly size: number;
  /** The key of the first group. */
  readonly first: string;

  /** Return the visible rows. */
  rows(open: ReadonlySet<string>, details: ReadonlyMap<string, ITable>, search: string): IRow[] {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = this.groups
      .map(({ title, tables }): INode => {
        const [label = '', meaning = ''] = title.split(': ');
        const shown = found(tables, words);
        const most = words.length > 0 ? MOST_FOUND : shown.length;
        const inside = (): INode[] => [
          ...shown.slice(0, most).map(({ line }) => tableNode(line, details.get(line[0]))),
          ...(shown.length > most
            ? [node('note', `more:${title}`, `${shown.length - most} more: keep typing`)]
            : [])
        ];
        return node('group', `group:${title}`, label, { detail: String(shown.length), meaning, inside });
      })
      .filter(({ detail }) => detail !== '0');
    const rows: IRow[] = [];
    // What is found is never hidden.
    addRows(rows, groups, 1, ({ kind, key }) => (kind === 'group' && words.length > 0) || open.has(key));
    return rows;
  }
}

function addRows(rows: IRow[], nodes: INode[], level: number, isOpen: (node: INode) => boolean): void {
  nodes.forEach(one => {
    const open = one.inside ? isOpen(one) : null;
    rows.push({ ...one, level, open });
    if (open && one.inside) {
      addRows(rows, one.inside(), level + 1, isOpen);
    }
  });
}

/** Return the tables that hold all words, those whose name begins with the first word before the others. */
function found(tables: Prepared[], words: string[]): Prepared[] {
  const all = tables.filter(({ text }) => words.every(word => text.includes(word)));
  const begins = ({ text }: Prepared): boolean => text.startsWith(words[0] ?? '');
  return [...all.filter(begins), ...all.filter(one => !begins(one))];
}

function node(kind: INode['kind'], key: string, label: string, more: Partial<INode> = {}): INode {
  return { key, kind, label, detail: '', meaning: '', table: '', values: [], ...more };
}

function tableNode([name, title, scope]: TableLine, table: ITable | undefined): INode {
  const needs = table?.required.map(([one]) => one).join(', ');
  const meaning = [
    table?.note || (scope === 'global' ? '' : `One list for each ${scope}.`),
    table?.days,
    needs ? `Needs ${needs}: type it above the preview, or in place of “...” in a cell.` : ''
  ];
  const inside = (): INode[] =>
    table ? partsOf(table) : [node('note', `${WAITS}${name}`, 'One moment …', { table: name })];
  const more = { meaning: meaning.filter(Boolean).join(' '), table: name, inside };
  return node('table', `table:${name}`, title || name, more);
}

/** Return what can be asked of a table, and behind it what it answers. */
function partsOf(table: ITable): INode[] {
  const filter = ([name, takes, values = []]: [string, string, string[]?]): INode =>
    node('filter', `filter:${table.name}:${name}`, name, { detail: takes, table: table.name, values });
  const first = table.first.flatMap(name => table.columns.filter(([one]) => one === name));
  const columns = [...new Set([...first, ...table.columns])].map(([name, kind, meaning]) =>
    node('column', `column:${table.name}:${name}`, name, { detail: kind, meaning, table: table.name })
  );
  const parts: [part: string, label: string, nodes: INode[]][] = [
    ['needs', 'Needs', table.required.map(filter)],
    ['filters', 'Filters', table.filters.map(filter)],
    ['columns', 'Columns', columns]
  ];
  return parts
    .filter(([, , nodes]) => nodes.length > 0)
    .map(([part, label, nodes]) => {
      const more = { detail: String(nodes.length), table: table.name, inside: () => nodes };
      return node('part', `${part}:${table.name}`, label, more);
    });
}

/** Return the open tables of which nothing is known yet. */
export function unknown(rows: IRow[]): string[] {
  return rows.filter(({ key }) => key.startsWith(WAITS)).map(({ table }) => table);
}

/** Return what is open after a row was opened or closed. A table opens with what can be asked of it. */
export function toggled(open: ReadonlySet<string>, { key, kind, table, open: isOpen }: IRow): Set<string> {
  const next = new Set(open);
  if (isOpen) {
    next.delete(key);
  } else {
    const parts = kind === 'table' ? [`needs:${table}`, `filters:${table}`] : [];
    [key, ...parts].forEach(one => next.add(one));
  }
  return next;
}
