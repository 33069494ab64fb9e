import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  TO_WRITE,
  filterArgument,
  python,
  sqlCell,
  sqlName,
  tableCall,
  tableCell,
  typed
} from '../lib/code.js';
import { SearchableCatalog, toggled, unknown } from '../lib/rows.js';
import { catalog, session, table } from './fake-kernel.mjs';

const hostile = '"); import os';

test('a text from elsewhere is a literal in the code, whatever it holds', () => {
  assert.equal(python(hostile), '"\\"); import os"');
  assert.equal(sqlName('due "date"'), '"due ""date"""');
  assert.equal(sqlName('order'), '"order"');
  const odd = {
    ...table,
    name: hostile,
    columns: [[hostile, 'text', '']],
    first: [],
    required: [[hostile, '']]
  };
  assert.equal(
    tableCall(odd, session(), 'procore'),
    'procore.table("\\"); import os", project="Harbor Tower", **{"\\"); import os": ...})'
  );
  assert.equal(
    sqlCell(odd, session(), 'other'),
    '%%procore_sql --session other\nSELECT """); import os"\nFROM """); import os"\nWHERE project_id = 4711'
  );
  assert.equal(filterArgument(hostile, TO_WRITE), 'params={"\\"); import os": ...}');
  assert.equal(
    tableCell(table, session(), 'procore', 'status="open"'),
    'rfis = procore.table("rfis", project="Harbor Tower", status="open")\nrfis'
  );
  // How a project is written in code, the kernel decides: by its number if its name can't stand in quotes.
  const by_number = session({ project: [9, hostile, '9'] });
  assert.equal(tableCell(table, by_number, 'procore'), 'rfis = procore.table("rfis", project=9)\nrfis');
});

test('what was typed for a table goes into its code: ids as numbers, several as a list, all else as a literal', () => {
  const replies = { ...table, name: 'rfi_replies', required: [['rfi_id', 'an id, or several']] };
  const code = text => tableCall(replies, session(), 'procore', '', { rfi_id: typed(text) });
  const call = value => `procore.table("rfi_replies", project="Harbor Tower", rfi_id=${value})`;
  assert.equal(code(' 17 '), call('17'));
  assert.equal(code('17, 18'), call('[17, 18]'));
  for (const text of ['all', '007', '17, x', hostile, '17,']) {
    assert.equal(code(text), call(JSON.stringify(text)));
  }
});

test('groups open to tables, tables to filters and then to folded columns', () => {
  const searchable = new SearchableCatalog(catalog);
  const closed = searchable.rows(new Set(), new Map(), '');
  assert.deepEqual(
    closed.map(({ label, open, detail }) => [label, open, detail]),
    [
      ['Project management', false, '3'],
      ['Other lists of the API', false, '1']
    ]
  );
  let open = toggled(new Set(), closed[0]);
  const rfis = searchable.rows(open, new Map(), '').find(({ key }) => key === 'table:rfis');
  assert.deepEqual([rfis.label, rfis.table, rfis.level], ['RFIs', 'rfis', 2]);
  open = toggled(open, rfis);
  const before = searchable.rows(open, new Map(), '');
  assert.ok(before.some(({ label }) => label === 'One moment …'));
  assert.deepEqual(unknown(before), ['rfis']);
  const details = new Map([['rfis', table]]);
  const rows = searchable.rows(open, details, '');
  assert.deepEqual(unknown(rows), []);
  const inside = of =>
    of.filter(({ level, table: name }) => level > 2 && name === 'rfis').map(({ label }) => label);
  assert.deepEqual(inside(rows), ['Filters', 'status', 'Columns']);
  const columns = rows.find(({ key }) => key === 'columns:rfis');
  assert.equal(columns.detail, '2');
  const all = searchable.rows(toggled(open, columns), details, '');
  assert.deepEqual(inside(all), ['Filters', 'status', 'Columns', 'number', 'id']);
  open = toggled(
    open,
    rows.find(({ key }) => key === 'filters:rfis')
  );
  assert.ok(!searchable.rows(open, details, '').some(({ kind }) => kind === 'filter'));
  const needs = { ...table, required: [['rfi_id', 'an id of rfis']] };
  const meant = searchable.rows(open, new Map([['rfis', needs]]), '').find(({ key }) => key === 'table:rfis');
  assert.match(meant.meaning, /^Questions Needs rfi_id: /);
});

test('a search finds all words in names and titles, the long tail too, nearest first', () => {
  const searchable = new SearchableCatalog(catalog);
  const found = text =>
    searchable
      .rows(new Set(), new Map(), text)
      .filter(({ kind }) => kind === 'table')
      .map(({ table: of }) => of);
  assert.deepEqual(found('RFI'), ['rfis', 'rfi_replies']);
  assert.deepEqual(found('replies rfi'), ['rfi_replies']);
  assert.deepEqual(found('weather'), ['weather_logs']);
  assert.deepEqual(found('nothing of it'), []);
});

test('of hundreds a search shows some and says how many more there are, and lists of one title have their names', () => {
  const tail = Array.from({ length: 100 }, (_, index) => [`logs_${index}`, `Logs ${index >> 1}`, 'company']);
  const rows = new SearchableCatalog({ ...catalog, tail }).rows(new Set(), new Map(), 'logs');
  assert.deepEqual([rows[0].detail, rows.length, rows.at(-1).label], ['100', 62, '40 more: keep typing']);
  assert.deepEqual([rows[1].label, rows[2].label], ['Logs 0 · logs_0', 'Logs 0 · logs_1']);
  const other = new SearchableCatalog({ ...catalog, tail: [['rfis_2', 'RFIs', 'project']] });
  const labels = other.rows(new Set(), new Map(), 'rfis').map(({ label }) => label);
  assert.deepEqual([labels[1], labels[3]], ['RFIs', 'RFIs · rfis_2']); // one that was gone over keeps its own
});
