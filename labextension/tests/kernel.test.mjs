import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KernelTalk } from '../lib/kernel.js';
import { FakeKernel, createMessage } from './fake-kernel.mjs';

const talkWith = (kernel, patience = 50) => new KernelTalk(kernel, createMessage, patience);
const trouble = async (kernel, wanted) =>
  assert.rejects(talkWith(kernel).ask('state'), error => error.trouble === wanted);

test('a question goes to a subshell of its own, made once, and is silent', async () => {
  const kernel = new FakeKernel();
  const hostile = '"); import os\n\\\' \u2028 \ud800 é';
  kernel.answers.echo = ({ text }) => ({ ok: { text } });
  const talk = talkWith(kernel);
  assert.equal((await talk.ask('echo', { text: hostile })).text, hostile);
  kernel.cell('busy');
  await talk.ask('echo', { text: 'while a cell runs' });
  assert.deepEqual(
    kernel.sent.map(({ subshell }) => subshell),
    ['s1', 's1']
  );
  talk.dispose();
  await new Promise(setImmediate);
  assert.deepEqual(kernel.deleted, ['s1']);
});

test('without subshells a question waits until the cell has ended', async () => {
  const kernel = new FakeKernel({ subshells: false });
  kernel.answers.state = { ok: 1 };
  const talk = talkWith(kernel);
  kernel.cell('busy');
  const answer = talk.ask('state');
  await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal(kernel.sent.length, 0);
  kernel.cell('idle', { subshell_id: 'of another' }); // no cell has ended
  assert.equal(talk.busy, true);
  kernel.cell('idle');
  assert.equal(await answer, 1);
  assert.equal(kernel.sent[0].subshell, null);
});

test('a subshell that is gone is made anew once, and then nothing more is tried', async () => {
  const kernel = new FakeKernel();
  kernel.answers.state = { ok: 1 };
  kernel.silent = 1;
  assert.equal(await talkWith(kernel).ask('state'), 1);
  assert.equal(kernel.subshells, 2);
  kernel.silent = 2;
  await trouble(kernel, 'silent');
  kernel.answers.state = { reply: { status: 'aborted' } };
  await trouble(kernel, 'silent');
  const restarted = new FakeKernel();
  restarted.answers.state = { ok: 1 };
  const talk = talkWith(restarted);
  await talk.ask('state');
  restarted.become('restarting');
  await talk.ask('state');
  assert.equal(restarted.subshells, 2);
});

test('each kernel that can’t be asked is told apart', async () => {
  await trouble(new FakeKernel({ language: 'R' }), 'foreign');
  const kernel = new FakeKernel();
  kernel.answers.state = { reply: { status: 'error', ename: 'IndexError', evalue: '' } }; // xeus-python without IPython
  await trouble(kernel, 'foreign');
  kernel.answers.state = { reply: { status: 'ok', user_expressions: {} } };
  await trouble(kernel, 'foreign');
  const error = (ename, evalue) => ({ expression: { status: 'error', ename, evalue } });
  kernel.answers.state = error('ModuleNotFoundError', "No module named 'procore_jupyter'");
  await trouble(kernel, 'missing');
  kernel.answers.state = error('ModuleNotFoundError', "No module named 'procore_jupyter.notebook.lab'");
  await trouble(kernel, 'old');
  kernel.answers.state = { v: 2, ok: 1 };
  await trouble(kernel, 'old');
  kernel.answers.state = () => Promise.reject(new Error('Canceled future'));
  await trouble(kernel, 'restarted');
  kernel.status = 'dead';
  await trouble(kernel, 'dead');
});

test('a task is asked for by its ticket, tells what it waits for, and is stopped once', async () => {
  const kernel = new FakeKernel();
  const stop = new AbortController();
  const told = [];
  let asked = 0;
  kernel.answers.preview = { ticket: 7, waiting: '' };
  kernel.answers.result = () => {
    asked += 1;
    if (asked === 2) {
      stop.abort();
    }
    return { ticket: 7, waiting: 'resuming in 7 s' };
  };
  kernel.answers.stop = { error: { text: 'Stopped.', about: '' } };
  const answer = talkWith(kernel).ask('preview', {}, { stop: stop.signal, waiting: one => told.push(one) });
  await assert.rejects(answer, /Stopped/);
  assert.deepEqual(
    kernel.sent.map(({ question }) => question),
    ['preview', 'result', 'result', 'stop']
  );
  assert.deepEqual(told, ['resuming in 7 s', 'resuming in 7 s']);
});
