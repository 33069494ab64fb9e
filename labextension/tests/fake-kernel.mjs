/** A kernel connection that answers as the tests say, and keeps what was sent. */

class Signal {
  slots = new Set();
  connect(slot, self) {
    this.slots.add(slot.bind(self));
  }
  disconnect() {
    this.slots.clear();
  }
  emit(value) {
    this.slots.forEach(slot => slot(null, value));
  }
}

export const createMessage = ({ subshellId, msgType, content }) => ({
  header: { msg_id: `m${Math.random()}`, msg_type: msgType, subshell_id: subshellId ?? null },
  content
});

/** Return what a kernel's Python says of a text. */
export const repr = text => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export class FakeKernel {
  id = 'k1';
  clientId = 'c';
  username = '';
  status = 'idle';
  iopubMessage = new Signal();
  statusChanged = new Signal();
  sent = [];
  subshells = 0;
  deleted = [];
  answers = {};
  silent = 0;

  constructor({ language = 'python', subshells = true } = {}) {
    const supported_features = subshells ? ['kernel subshells'] : [];
    this.info = Promise.resolve({ language_info: { name: language }, supported_features });
  }

  requestCreateSubshell() {
    this.subshells += 1;
    return { done: Promise.resolve({ content: { status: 'ok', subshell_id: `s${this.subshells}` } }) };
  }

  requestDeleteSubshell({ subshell_id }) {
    this.deleted.push(subshell_id);
    return { done: Promise.resolve({}) };
  }

  sendShellMessage(message) {
    const expression = message.content.user_expressions.procore;
    const question = JSON.parse(JSON.parse(expression.slice(expression.indexOf('.answer(') + 8, -1)));
    this.sent.push({ ...question, subshell: message.header.subshell_id });
    if (this.silent > 0) {
      this.silent -= 1;
      return { done: new Promise(() => undefined), dispose: () => undefined };
    }
    const found = this.answers[question.question];
    const value = typeof found === 'function' ? found(question) : found;
    return {
      done: Promise.resolve(value).then(one => ({ content: this.content(one) })),
      dispose: () => undefined
    };
  }

  content(value) {
    if (value?.reply) {
      return value.reply;
    }
    const said = value?.expression ?? {
      status: 'ok',
      data: { 'text/plain': repr(JSON.stringify({ v: 1, ...value })) }
    };
    return { status: 'ok', user_expressions: { procore: said } };
  }

  /** A cell begins or ends in the kernel's main shell. */
  cell(execution_state, parent = {}) {
    this.iopubMessage.emit({
      header: { msg_type: 'status' },
      parent_header: { msg_type: 'execute_request', ...parent },
      content: { execution_state }
    });
  }

  become(status) {
    this.status = status;
    this.statusChanged.emit(status);
  }
}

export const session = (more = {}) => ({
  state: 'signed in',
  place: 'Procore · production',
  user: 'Dana Reyes',
  login: '',
  company: [1234, 'Skyline Builders'],
  companies: [[1234, 'Skyline Builders']],
  project: [4711, 'Harbor Tower', '"Harbor Tower"'],
  renewal: 'renews automatically',
  rate: [3580, 3600],
  problem: '',
  notices: [],
  line: '%load_ext procore_jupyter\n%procore_connect',
  form: null,
  sign_in: null,
  ...more
});

export const state = (more = {}) => ({
  sessions: ['procore'],
  name: 'procore',
  catalog: 'one',
  session: session(),
  offers: null,
  ...more
});

export const catalog = {
  version: 'one',
  groups: [
    {
      title: 'Project management',
      tables: [
        ['submittals', 'Submittals', 'project'],
        ['rfis', 'RFIs', 'project'],
        ['rfi_replies', 'RFI Replies', 'project']
      ]
    }
  ],
  tail: [['weather_logs', 'Weather Logs', 'project']]
};

export const table = {
  name: 'rfis',
  title: 'RFIs',
  scope: 'project',
  note: 'Questions',
  days: '',
  columns: [
    ['id', 'id', ''],
    ['number', 'text', 'the number that people call it by']
  ],
  first: ['number'],
  required: [],
  filters: [['status', 'open, closed, draft', ['"open"', '"closed"', '"draft"']]]
};
