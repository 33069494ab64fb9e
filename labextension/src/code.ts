/** The code that goes into a notebook: every text that comes from elsewhere becomes a literal, and never code. */

import type { ISession, ITable } from './answers.js';

/** Return a text as Python writes it: JSON's strings are Python's too. */
export function python(text: string): string {
  return JSON.stringify(text);
}

/** Return a name as SQL writes it: in double quotes unless it is plain. */
export function sqlName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Names of columns that are words of SQL. */
const RESERVED = new Set(
  'all and as asc at between by case check column cross default desc distinct else end except false for from full group having in into is join left like limit not null on or order outer primary references right select some table then to true union unique using when where with'.split(
    ' '
  )
);

/** Return the project of a session as an argument; empty where the table needs none, or none is chosen. */
function projectArgument(table: ITable, session: ISession): string {
  return table.scope === 'project' && session.project ? `, project=${session.project[2]}` : '';
}

/** What stands where a person writes a value: it is Python, and a table that is given it says what it takes. */
export const TO_WRITE = '...';

/** What was typed as the value of a parameter, or as several. */
export type Typed = string | string[];

/** Return what was typed: ids between commas are several. */
export function typed(text: string): Typed {
  const several = text.split(',').map(one => one.trim());
  return several.length > 1 && several.every(isNumber) ? several : text.trim();
}

function literal(value: Typed): string {
  if (typeof value !== 'string') {
    return `[${value.join(', ')}]`;
  }
  return isNumber(value) ? value : python(value);
}

function isNumber(text: string): boolean {
  return /^[1-9]\d*$/.test(text);
}

/** Return the call that gives a table, with a filter if one is given, and with what it needs, as far as that was typed. */
export function tableCall(
  table: ITable,
  session: ISession,
  name: string,
  filter = '',
  given: Record<string, Typed> = {}
): string {
  const needed = table.required
    .map(([one]): [string, string] => [one, given[one] === undefined ? TO_WRITE : literal(given[one])])
    .map(([one, value]) => (isIdentifier(one) ? `, ${one}=${value}` : `, **{${python(one)}: ${value}}`))
    .join('');
  const more = filter ? `, ${filter}` : '';
  return `${name}.table(${python(table.name)}${projectArgument(table, session)}${needed}${more})`;
}

/** Return a cell that keeps a table under its own name and shows it. */
export function tableCell(...[table, ...how]: Parameters<typeof tableCall>): string {
  const variable = isIdentifier(table.name) ? table.name : 'rows';
  return `${variable} = ${tableCall(table, ...how)}\n${variable}`;
}

/** Columns that a query names, at most. */
const MOST_COLUMNS = 6;

/** Return a cell that asks for the table's first columns by SQL. */
export function sqlCell(table: ITable, session: ISession, name: string): string {
  const names = table.first.length > 0 ? table.first : table.columns.map(([one]) => one);
  const columns = names.slice(0, MOST_COLUMNS).map(sqlName).join(', ') || '*';
  const where =
    table.scope === 'project' && session.project ? `\nWHERE project_id = ${session.project[0]}` : '';
  const option = name === 'procore' ? '' : ` --session ${name}`;
  return `%%procore_sql${option}\nSELECT ${columns}\nFROM ${sqlName(table.name)}${where}`;
}

/** Return a condition as an argument of a table's call. */
export function filterArgument(filter: string, example: string): string {
  return isIdentifier(filter) ? `${filter}=${example}` : `params={${python(filter)}: ${example}}`;
}

function isIdentifier(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text);
}
