/**
 * What the panel shows: of the kernel that is looked at, what it has told, and what is being done. Views read `shown`,
 * which is another object after each change; nothing here touches the page, and nothing is asked while nobody looks.
 */

import type { TranslationBundle } from '@jupyterlab/translation';

import type { ICatalog, ISession, IState, ITable } from './answers.js';
import type { Where } from './insert.js';
import { type IHow, type KernelTalk, KernelTrouble, Refused, type Trouble } from './kernel.js';
import { SearchableCatalog } from './rows.js';

/** Which view the panel draws. */
export type View =
  'none' | 'starting' | 'busy' | Exclude<Trouble, 'restarted'> | 'offer' | 'form' | 'waiting' | 'signed-in';

/** What the panel shows; it never changes, another one takes its place. */
export interface IShown {
  view: View;
  state: IState | null;
  session: ISession | null;
  catalog: SearchableCatalog | null;
  tables: ReadonlyMap<string, ITable>;
  /** What is being done, in words; empty if nothing is. */
  working: string;
  /** What went wrong last. */
  error: { text: string; about: string } | null;
  /** What a person should know that is no error, such as that the kernel was restarted. */
  remark: string;
  /** When the pending sign-in ends, in milliseconds since 1970. */
  deadline: number;
}

const NOTHING: IShown = {
  view: 'none',
  state: null,
  session: null,
  catalog: null,
  tables: new Map(),
  working: '',
  error: null,
  remark: '',
  deadline: 0
};

export const WAITS = 'Waiting for the running cell to end …';
export const RESTARTED = 'The kernel was restarted: connect again. Your sign-in is kept.';

export class PanelModel {
  /** What a form offers, and what a connection is made with: by the settings of JupyterLab. */
  defaults = { environment: '', callbackUrl: '', via: '' };

  private current: KernelTalk | null = null;
  /** What is shown where no kernel is looked at. */
  private instead = NOTHING;
  private readonly kept = new WeakMap<KernelTalk, IShown>();
  /** Of which session each kernel was asked who is signed in. */
  private readonly askedWho = new WeakMap<KernelTalk, string>();
  private readonly catalogs = new Map<string, SearchableCatalog>();
  private readonly listeners = new Set<() => void>();
  private visible = false;
  private stale = true;
  private refreshing: Promise<void> | null = null;

  get shown(): IShown {
    return this.current === null ? this.instead : this.of(this.current);
  }

  get talk(): KernelTalk | null {
    return this.current;
  }

  /** Call a listener after each change; return what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Look at a kernel; at none, with what is so instead. */
  look(talk: KernelTalk | null, instead: View = 'none'): void {
    if (talk === this.current && talk !== null) {
      return;
    }
    this.current = talk;
    this.instead = { ...NOTHING, view: instead };
    if (talk !== null) {
      talk.changed = what => this.kernelChanged(talk, what);
      this.put(talk, {});
    }
    this.tell();
    void this.refresh();
  }

  /** Say whether anybody looks; what has changed meanwhile is asked for then. */
  setVisible(visible: boolean): void {
    this.visible = visible;
    if (visible && this.stale) {
      void this.refresh();
    }
  }

  /** Ask the kernel how things are, once for all who want to know. */
  refresh(): Promise<void> {
    this.stale = true;
    if (!this.visible || this.current === null) {
      return Promise.resolve();
    }
    this.refreshing ??= this.refreshed().finally(() => {
      this.refreshing = null;
    });
    return this.refreshing;
  }

  private async refreshed(): Promise<void> {
    while (this.stale && this.visible && this.current !== null) {
      this.stale = false;
      const talk = this.current;
      await this.guarded(talk, async () => {
        await this.take(talk, await this.askAt<IState>(talk, 'state'));
        // Who is signed in the kernel may not know yet; Procore is asked once, whatever it says.
        const { session, state } = this.of(talk);
        if (session?.state !== 'signed in') {
          this.askedWho.delete(talk);
        } else if (session.user === '' && this.askedWho.get(talk) !== state?.name) {
          this.askedWho.set(talk, state?.name ?? '');
          await this.take(talk, await this.askAt<IState>(talk, 'who'));
        }
      });
    }
  }

  // What a person does

  /** Connect to what a text says: a saved connection's name, a connection string, nothing for the default. */
  connect(text: string): Promise<boolean> {
    return this.act('Connecting …', 'connect', this.connection(text));
  }

  /** Send the form. The fields, one of them the secret, stand in that message alone. */
  submit(fields: Record<string, string>): Promise<boolean> {
    return this.act('Connecting …', 'submit', { fields, ...this.connection('') });
  }

  private connection(text: string): object {
    const { callbackUrl, via } = this.defaults;
    return { text: text || (callbackUrl && `CallbackURL=${callbackUrl};`), via };
  }

  cancel(): Promise<boolean> {
    return this.act('', 'cancel');
  }

  signOut(): Promise<boolean> {
    return this.act('Signing out …', 'sign_out');
  }

  use(choice: { company?: number; project?: number }): Promise<boolean> {
    return this.act('One moment …', 'use', choice);
  }

  /** Look at another session of the notebook. */
  choose(name: string): Promise<boolean> {
    return this.act('', 'state', { name });
  }

  /** Hand over the address that the browser ended on; return what is wrong with it. */
  async paste(text: string): Promise<string> {
    const { said } = await this.ask<{ said: string }>('paste', { text }).catch((error: Error) => ({
      said: error.message
    }));
    if (said === '') {
      await this.settle(true);
    }
    return said;
  }

  /** See how a pending sign-in goes on; `arrived`: the browser's answer has come, so its end is near. */
  async settle(arrived: boolean): Promise<void> {
    if (this.visible && this.shown.view === 'waiting') {
      await this.act('', 'settle', { arrived });
    }
    await this.refresh();
  }

  /** Return what is known of a table. */
  async open(name: string): Promise<ITable | null> {
    const talk = this.current;
    if (talk !== null && !this.of(talk).tables.has(name)) {
      await this.guarded(talk, async () => {
        const table = await this.askAt<ITable>(talk, 'table', { table: name });
        this.put(talk, { tables: new Map(this.of(talk).tables).set(name, table) });
      });
    }
    return (talk && this.of(talk).tables.get(name)) ?? null;
  }

  /** Ask about the session that is looked at; raises what is to be said where there is no answer. */
  async ask<T>(question: string, given: object = {}, how: IHow = {}): Promise<T> {
    try {
      if (this.current !== null) {
        return await this.askAt<T>(this.current, question, given, how);
      }
    } catch (error) {
      if (!(error instanceof KernelTrouble)) {
        throw error;
      }
      void this.refresh(); // which shows the trouble
    }
    throw new Refused('The kernel doesn’t answer.');
  }

  // Behind it

  private askAt<T>(talk: KernelTalk, question: string, given: object = {}, how: IHow = {}): Promise<T> {
    return talk.ask<T>(question, { name: this.of(talk).state?.name, ...given }, how);
  }

  /** Do something whose answer is how things are then; return whether it worked. */
  private async act(working: string, question: string, given: object = {}): Promise<boolean> {
    const talk = this.current;
    if (talk === null) {
      return false;
    }
    this.put(talk, { working, error: null, remark: '' });
    const worked = await this.guarded(talk, async () => {
      await this.take(talk, await this.askAt<IState>(talk, question, given));
    });
    this.put(talk, { working: '' });
    void this.refresh();
    return worked;
  }

  /** Do something with a kernel; show what goes wrong; return whether it worked. */
  private async guarded(talk: KernelTalk, work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof KernelTrouble)) {
        const about = error instanceof Refused ? error.about : '';
        this.put(talk, { error: { text: error instanceof Error ? error.message : String(error), about } });
      } else if (error.trouble !== 'restarted') {
        this.put(talk, { ...NOTHING, view: error.trouble });
      }
      return false;
    }
  }

  /** Take in how things are, and fetch the list of tables if it is another one. */
  private async take(talk: KernelTalk, state: IState): Promise<void> {
    const { session, catalog } = state;
    const before = this.of(talk);
    this.put(talk, {
      view: viewOf(state),
      state,
      session,
      catalog: this.catalogs.get(catalog) ?? null,
      tables: before.state?.catalog === catalog ? before.tables : new Map(),
      working: before.working === WAITS ? '' : before.working,
      remark: session !== null && session.state !== 'not signed in' ? '' : before.remark,
      deadline: session?.sign_in ? Date.now() + session.sign_in.seconds * 1000 : 0
    });
    if (!this.catalogs.has(catalog) && viewOf(state) === 'signed-in') {
      const found = new SearchableCatalog(await this.askAt<ICatalog>(talk, 'tables'));
      this.catalogs.set(catalog, found);
      this.put(talk, { catalog: found });
    }
  }

  private kernelChanged(talk: KernelTalk, what: 'idle' | 'waits' | 'restarted' | 'dead'): void {
    const { state, remark } = this.of(talk);
    if (what === 'waits') {
      this.put(talk, state === null ? { view: 'busy' } : { working: WAITS });
      return;
    }
    if (what !== 'idle') {
      const view = what === 'dead' ? 'dead' : 'starting';
      this.put(talk, { ...NOTHING, view, remark: state?.session ? RESTARTED : remark }); // both may be told of
    }
    if (talk === this.current) {
      void this.refresh();
    }
  }

  private of(talk: KernelTalk): IShown {
    return this.kept.get(talk) ?? { ...NOTHING, view: 'starting' };
  }

  /** Change what is shown of a kernel. */
  private put(talk: KernelTalk, more: Partial<IShown>): void {
    this.kept.set(talk, { ...this.of(talk), ...more });
    if (talk === this.current) {
      this.tell();
    }
  }

  private tell(): void {
    this.listeners.forEach(listener => listener());
  }
}

/** Return the view of a state. */
function viewOf({ session, offers }: IState): View {
  switch (session?.state) {
    case 'signed in':
    case 'no sign-in':
      return 'signed-in';
    case 'waiting':
      return 'waiting';
    case 'asked':
      return 'form';
    default:
      return offers?.form ? 'form' : 'offer';
  }
}

/** What each view is given. */
export interface IPanel {
  model: PanelModel;
  trans: TranslationBundle;
  actions: IActions;
}

/** What can be done beside asking the kernel. */
export interface IActions {
  /** Insert a text at the cursor. */
  insert: (text: string) => Where;
  newCell: (source: string) => Where;
  preview: (table: string) => void;
  /** Whether the notebook holds a line that connects. */
  connects: () => boolean;
  addLine: (line: string) => void;
  /** Insert a cell and run it. */
  run: (source: string) => void;
  /** Run a command of JupyterLab, if there is such a one. */
  command: (name: string) => void;
  /** Give the focus to what a person needs first, if that is another now, and they were in the panel last. */
  focusFirst: () => void;
}
