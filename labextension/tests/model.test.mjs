import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KernelTalk } from '../lib/kernel.js';
import { PanelModel, RESTARTED, WAITS } from '../lib/model.js';
import { FakeKernel, catalog, createMessage, session, state, table } from './fake-kernel.mjs';

function looking(answers, how) {
  const kernel = new FakeKernel(how);
  kernel.answers = { state: { ok: state() }, tables: { ok: catalog }, table: { ok: table }, ...answers };
  const model = new PanelModel();
  const talk = new KernelTalk(kernel, createMessage, 50);
  model.setVisible(true);
  model.look(talk);
  return { kernel, model, talk };
}
const rest = () => new Promise(resolve => setTimeout(resolve, 5));
const asked = kernel => kernel.sent.map(({ question }) => question);

test('nothing is asked while nobody looks, and once what has changed is wanted', async () => {
  const { kernel, model } = looking();
  await rest();
  assert.deepEqual(asked(kernel), ['state', 'tables']);
  assert.equal(model.shown.view, 'signed-in');
  model.setVisible(false);
  for (let cell = 0; cell < 5; cell++) {
    kernel.cell('busy');
    kernel.cell('idle');
  }
  await model.refresh();
  assert.equal(kernel.sent.length, 2);
  model.setVisible(true);
  model.setVisible(true);
  await rest();
  assert.deepEqual(asked(kernel).slice(2), ['state']);
});

test('who is signed in is asked for once, and the list of tables comes once for all kernels', async () => {
  const { kernel, model } = looking({
    state: { ok: state({ session: session({ user: '' }) }) },
    who: { ok: state({ session: session({ user: '', problem: 'Procore can’t be reached.' }) }) }
  });
  await model.refresh();
  await model.refresh();
  assert.equal(asked(kernel).filter(one => one === 'who').length, 1);
  const other = new FakeKernel();
  other.id = 'k2';
  other.answers = { state: { ok: state() } };
  model.look(new KernelTalk(other, createMessage, 50));
  await rest();
  assert.deepEqual(asked(other), ['state']);
  assert.equal(model.shown.catalog.size, 4);
});

test('the form goes out in one message, and what is wrong stands at its field', async () => {
  const form = {
    environments: [],
    environment: '',
    client_id: '',
    company_id: '',
    save_as: '',
    redirect_uri: ''
  };
  const { kernel, model } = looking({
    state: { ok: state({ session: session({ state: 'asked', form }) }) },
    submit: { error: { text: 'The Client ID is missing.', about: 'client_id' } }
  });
  await model.refresh();
  assert.equal(model.shown.view, 'form');
  assert.equal(await model.submit({ client_secret: 'hunter2' }), false);
  assert.deepEqual(model.shown.error, { text: 'The Client ID is missing.', about: 'client_id' });
  assert.deepEqual(model.shown.session.form, form);
  assert.equal(kernel.sent.filter(one => JSON.stringify(one).includes('hunter2')).length, 1);
  assert.ok(!JSON.stringify(model.shown).includes('hunter2'));
});

test('where it isn’t known what to connect to, the form stands there at once', async () => {
  const { model } = looking({
    state: { ok: state({ session: null, sessions: [], offers: { form: {}, saved: [] } }) }
  });
  await model.refresh();
  assert.equal(model.shown.view, 'form');
});

test('a restart in the midst of a sign-in, a death, and another notebook are told apart', async () => {
  const sign_in = { url: 'https://login', seconds: 200, notes: [] };
  const { kernel, model, talk } = looking({
    state: { ok: state({ session: session({ state: 'waiting', sign_in }) }) }
  });
  await model.refresh();
  assert.equal(model.shown.view, 'waiting');
  assert.ok(model.shown.deadline > Date.now() + 100_000);
  kernel.answers.state = { ok: state({ session: null, sessions: [], offers: { form: null, saved: [] } }) };
  kernel.become('autorestarting');
  kernel.become('restarting'); // both are said of a kernel that has died
  assert.equal(model.shown.view, 'starting');
  kernel.status = 'idle';
  await model.refresh();
  assert.equal(model.shown.view, 'offer');
  assert.equal(model.shown.remark, RESTARTED);
  kernel.become('dead');
  await model.refresh();
  assert.equal(model.shown.view, 'dead');
  model.look(null);
  assert.equal(model.shown.view, 'none');
  model.look(talk);
  assert.equal(model.shown.view, 'dead');
});

test('an answer that comes when another notebook is looked at is kept for its own', async () => {
  let release;
  const { model, talk } = looking({
    table: () => new Promise(resolve => (release = () => resolve({ ok: table })))
  });
  await model.refresh();
  const opening = model.open('rfis');
  await new Promise(resolve => setTimeout(resolve, 5));
  model.look(null);
  release();
  await opening;
  assert.equal(model.shown.tables.size, 0);
  model.look(talk);
  assert.equal(model.shown.tables.get('rfis').title, 'RFIs');
});

test('without subshells a running cell is what the panel waits for', async () => {
  const kernel = new FakeKernel({ subshells: false });
  kernel.status = 'busy';
  const { model, talk } = looking({}, { subshells: false });
  const late = new KernelTalk(
    Object.assign(kernel, { id: 'k2', answers: { state: { ok: state() } } }),
    createMessage
  );
  await rest();
  model.look(late);
  await rest();
  assert.equal(model.shown.view, 'busy');
  kernel.cell('idle');
  await rest();
  assert.equal(model.shown.view, 'signed-in');
  kernel.cell('busy');
  void model.refresh();
  await rest();
  assert.deepEqual([model.shown.view, model.shown.working], ['signed-in', WAITS]);
  kernel.cell('idle');
  await rest();
  assert.equal(model.shown.working, '');
  model.look(talk);
});
