/**
 * Talks to one kernel: questions go out as silent requests that evaluate one expression, and nothing of them is kept in
 * the notebook's history. They go to a subshell of their own, where the kernel has subshells, so it answers while a cell
 * runs; elsewhere they wait until the running cell has ended.
 */

import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { VERSION } from './answers.js';

const EXPRESSION = 'procore';
const CALL = "__import__('importlib').import_module('procore_jupyter.notebook.lab').answer";
/** Milliseconds that a kernel has to answer: it may be importing, or run a cell that lets nothing else run. */
const PATIENCE = 15_000;

/** Why a kernel can't be asked: which state of the panel says so. */
export type Trouble = 'foreign' | 'missing' | 'old' | 'dead' | 'silent' | 'restarted';

export class KernelTrouble extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble);
  }
}

/** What was asked can't be done; the kernel says why. */
export class Refused extends Error {
  constructor(
    message: string,
    /** The field of the form that the words are about; empty for none. */
    readonly about = ''
  ) {
    super(message);
  }
}

/** The part of JupyterLab's kernel connection that is used here. */
export type Connection = Pick<
  Kernel.IKernelConnection,
  | 'id'
  | 'clientId'
  | 'username'
  | 'status'
  | 'info'
  | 'iopubMessage'
  | 'statusChanged'
  | 'sendShellMessage'
  | 'requestCreateSubshell'
  | 'requestDeleteSubshell'
>;

/** How a question is asked, beside what it says. */
export interface IHow {
  /** Stops what was asked. */
  stop?: AbortSignal;
  /** Is told what the work waits for, such as Procore's limit. */
  waiting?: (what: string) => void;
}

type Answer = {
  v: number;
  ok?: unknown;
  error?: { text: string; about: string };
  ticket?: number;
  waiting?: string;
};

export class KernelTalk {
  /** `patience` is in milliseconds. */
  constructor(
    private readonly kernel: Connection,
    private readonly createMessage: typeof KernelMessage.createMessage,
    private readonly patience = PATIENCE
  ) {
    this.busy = kernel.status === 'busy';
    kernel.iopubMessage.connect(this.onMessage, this);
    kernel.statusChanged.connect(this.onStatus, this);
  }

  /** Whether a cell runs. JupyterLab's own status changes with each answer of a subshell, so it can't tell. */
  busy: boolean;
  /** Whether the kernel answers only when no cell runs; null until it has told. */
  waitsForCells: boolean | null = null;
  /** Called when a cell has ended, when a question waits for that, and when the kernel was restarted or has died. */
  changed: (what: 'idle' | 'waits' | 'restarted' | 'dead') => void = () => undefined;

  private made: Promise<string> | null = null;
  private readonly own = new Set<string>();
  private readonly waiters: (() => void)[] = [];

  get id(): string {
    return this.kernel.id;
  }

  /** Ask a question; return what the kernel answers, when it is done. */
  async ask<T>(question: string, given: object = {}, how: IHow = {}): Promise<T> {
    let answer = await this.once({ ...given, question });
    let stopping = false;
    while (answer.ticket !== undefined) {
      if (answer.waiting) {
        how.waiting?.(answer.waiting);
      }
      const stop: boolean = how.stop?.aborted === true && !stopping;
      stopping ||= stop;
      answer = await this.once({ question: stop ? 'stop' : 'result', ticket: answer.ticket });
    }
    if (answer.error) {
      throw new Refused(answer.error.text, answer.error.about);
    }
    return answer.ok as T;
  }

  /** Stop listening, and give the subshell back. */
  dispose(): void {
    this.kernel.iopubMessage.disconnect(this.onMessage, this);
    this.kernel.statusChanged.disconnect(this.onStatus, this);
    this.changed = () => undefined;
    void this.deleteSubshell();
  }

  private async once(given: object): Promise<Answer> {
    if (this.kernel.status === 'dead') {
      throw new KernelTrouble('dead');
    }
    const info = await this.kernel.info;
    if (info.language_info.name !== 'python') {
      throw new KernelTrouble('foreign');
    }
    this.waitsForCells = !info.supported_features?.includes('kernel subshells');
    // A subshell that is gone never answers: then a new one is made, once.
    let answer = await this.tried(given);
    if (typeof answer === 'string') {
      answer = await this.tried(given);
    }
    return typeof answer === 'string' ? this.fail(answer) : answer;
  }

  /** Send a question; return why, if no answer came, or one that says nothing. */
  private async tried(given: object): Promise<Answer | 'silent' | 'foreign'> {
    if (this.waitsForCells) {
      await this.idle();
    }
    const subshellId = this.waitsForCells ? null : await this.subshell();
    const message = this.createMessage<KernelMessage.IExecuteRequestMsg>({
      msgType: 'execute_request',
      channel: 'shell',
      session: this.kernel.clientId,
      username: this.kernel.username,
      ...(subshellId === null ? {} : { subshellId }),
      content: {
        code: '',
        silent: true,
        store_history: false,
        user_expressions: { [EXPRESSION]: `${CALL}(${JSON.stringify(JSON.stringify(given))})` },
        allow_stdin: false,
        stop_on_error: false
      }
    });
    this.own.add(message.header.msg_id);
    let future: Kernel.IShellFuture;
    let reply: KernelMessage.IShellMessage | null;
    try {
      future = this.kernel.sendShellMessage(message, true, true);
      reply = await within(this.waitsForCells ? Infinity : this.patience, future.done);
    } catch {
      this.forgetSubshell();
      throw new KernelTrouble(this.kernel.status === 'dead' ? 'dead' : 'restarted');
    } finally {
      this.own.delete(message.header.msg_id);
    }
    if (reply === null) {
      future.dispose();
      this.forgetSubshell();
      return 'silent';
    }
    return this.answerIn(reply as KernelMessage.IExecuteReplyMsg);
  }

  private answerIn({ content }: KernelMessage.IExecuteReplyMsg): Answer | 'silent' | 'foreign' {
    const expressions: Record<string, unknown> = content.status === 'ok' ? content.user_expressions : {};
    const found = expressions[EXPRESSION] as
      { status: string; data?: Record<string, unknown>; ename?: string; evalue?: string } | undefined;
    if (!found) {
      // The subshell isn't known any more; a cell failed, and what waited behind it was given up; or the kernel is none of
      // IPython's, and evaluates no expressions.
      this.forgetSubshell();
      return content.status.startsWith('abort') ? 'silent' : 'foreign';
    }
    if (found.status !== 'ok') {
      const isThere = found.ename !== 'ModuleNotFoundError' || /procore_jupyter\./.test(found.evalue ?? '');
      return this.fail(isThere ? 'old' : 'missing');
    }
    const answer = JSON.parse(unquoted(String(found.data?.['text/plain']))) as Answer;
    return answer.v === VERSION ? answer : this.fail('old');
  }

  private fail(trouble: Trouble): never {
    throw new KernelTrouble(trouble);
  }

  private subshell(): Promise<string> {
    this.made ??= this.kernel.requestCreateSubshell({}).done.then(reply => {
      const content = reply.content as { subshell_id?: string };
      return content.subshell_id ?? this.fail('silent');
    });
    return this.made;
  }

  private forgetSubshell(): void {
    this.made = null;
  }

  private async deleteSubshell(): Promise<void> {
    const made = this.made;
    this.made = null;
    try {
      const subshell_id = await made;
      if (subshell_id && this.kernel.status !== 'dead') {
        await this.kernel.requestDeleteSubshell({ subshell_id }).done;
      }
    } catch {
      // The kernel is gone, and the subshell with it.
    }
  }

  private idle(): Promise<void> {
    if (!this.busy) {
      return Promise.resolve();
    }
    this.changed('waits');
    return new Promise(resolve => this.waiters.push(resolve));
  }

  private onMessage(_: unknown, message: KernelMessage.IIOPubMessage): void {
    const parent = message.parent_header as Partial<KernelMessage.IHeader>;
    if (message.header.msg_type !== 'status' || parent.msg_type !== 'execute_request') {
      return;
    }
    if (parent.subshell_id || this.own.has(parent.msg_id ?? '')) {
      return;
    }
    const before = this.busy;
    this.busy = (message.content as { execution_state: string }).execution_state === 'busy';
    if (before && !this.busy) {
      this.becomeIdle();
      this.changed('idle');
    }
  }

  private onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this.forgetSubshell();
      this.busy = false;
      this.becomeIdle();
      this.changed(status === 'dead' ? 'dead' : 'restarted');
    }
  }

  private becomeIdle(): void {
    this.waiters.splice(0).forEach(resolve => resolve());
  }
}

/** Return what Python's repr of a text of ASCII characters means: only quotes and backslashes stand behind a backslash. */
function unquoted(repr: string): string {
  return repr.slice(1, -1).replace(/\\([\\'"])/g, '$1');
}

/** Return what a promise gives, or null if that takes more milliseconds. */
function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | null> {
  if (milliseconds === Infinity) {
    return promise;
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
