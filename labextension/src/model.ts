/**
 * What the panel shows: of the kernel that is looked at, what it has told, and what is being done. Views read `shown`,
 * which is another object after each change; nothing here touches the page, and nothing is asked while nobody looks.
 */

import type { ICatalog, IPreview, IProjects, ISession, IState, ITable } from './answers.js';
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

/** How a person connects, by the settings of JupyterLab. */
export interface IDefaults {
  environment: string;
  callbackUrl: string;
  via: string;
}

export class PanelModel {
  /** What a form offers, and what a connection is made with. */
  defaults: IDefaults = { environment: '', callbackUrl: '', via: '' };

  private current: KernelTalk | null = null;
  private readonly kept = new Map<string, IShown>();
  private readonly catalogs = new Map<string, SearchableCatalog>();
  private readonly listeners = new Set<() => void>();
  private readonly askedWho = new Set<string>();
  private visible = false;
  private stale = true;
  private refreshing: Promise<void> | null = null;
  private now: IShown = NOTHING;

  get shown(): IShown {
    return this.now;
  }

  get talk(): KernelTalk | null {
    return this.current;
  }

  /** Call a listener after each change; return what ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): IShown => this.now;

  /** Look at a kernel; at none, with what is so instead. */
  look(talk: KernelTalk | null, instead: View = 'none'): void {
    if (talk === this.current && talk !== null) {
      return;
    }
    this.current = talk;
    this.stale = true;
    if (talk === null) {
      this.put({ ...NOTHING, view: instead });
      return;
    }
    talk.changed = what => this.kernelChanged(talk, what);
    this.put(this.kept.get(talk.id) ?? { ...NOTHING, view: 'starting' });
    void this.refresh();
  }

  /** Forget a kernel that is gone. */
  forget(id: string): void {
    this.kept.delete(id);
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
        await this.take(talk, await talk.ask<IState>('state', this.named()));
        // Who is signed in the kernel may not know yet; Procore is asked once, whatever it says.
        const { session, state } = this.now;
        const key = `${talk.id} ${state?.name}`;
        if (session?.state !== 'signed in') {
          this.askedWho.delete(key);
        } else if (session.user === '' && talk === this.current && !this.askedWho.has(key)) {
          this.askedWho.add(key);
          await this.take(talk, await talk.ask<IState>('who', this.named()));
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
    let said = '';
    await this.guarded(this.current, async talk => {
      said = (await talk.ask<{ said: string }>('paste', { ...this.named(), text })).said;
    });
    if (said === '') {
      await this.settle(true);
    }
    return said;
  }

  /** See how a pending sign-in goes on; `arrived`: the browser's answer has come, so its end is near. */
  async settle(arrived: boolean): Promise<void> {
    if (this.visible && this.now.view === 'waiting') {
      await this.act('', 'settle', { arrived });
    }
    await this.refresh();
  }

  /** Find projects; raises what the kernel says. */
  projects(search: string, how: IHow): Promise<IProjects> {
    return this.asked('projects', { search }, how);
  }

  /** Return what is known of a table. */
  async open(name: string): Promise<ITable | null> {
    const there = this.now.tables.get(name);
    if (there) {
      return there;
    }
    let found: ITable | null = null;
    await this.guarded(this.current, async talk => {
      found = await talk.ask<ITable>('table', { ...this.named(), table: name });
      this.put({ ...this.now, tables: new Map(this.now.tables).set(name, found) }, talk);
    });
    return found;
  }

  /** Return the first rows of a table; raises what the kernel says. */
  preview(table: string, parameters: Record<string, unknown>, how: IHow): Promise<IPreview> {
    return this.asked('preview', { table, parameters }, how);
  }

  // Behind it

  private named(): { name?: string } {
    return this.now.state === null ? {} : { name: this.now.state.name };
  }

  private asked<T>(question: string, given: object, how: IHow): Promise<T> {
    if (this.current === null) {
      return Promise.reject(new Refused('No notebook is open.'));
    }
    return this.current.ask<T>(question, { ...this.named(), ...given }, how);
  }

  /** Do something whose answer is how things are then; return whether it worked. */
  private async act(working: string, question: string, given: object = {}): Promise<boolean> {
    const talk = this.current;
    this.put({ ...this.now, working, error: null, remark: '' });
    const worked = await this.guarded(talk, async to => {
      await this.take(to, await to.ask<IState>(question, { ...this.named(), ...given }));
    });
    if (talk !== null) {
      this.put({ ...(this.of(talk) ?? this.now), working: '' }, talk);
    }
    void this.refresh();
    return worked;
  }

  /** Do something with a kernel; show what goes wrong; return whether it worked. */
  private async guarded(
    talk: KernelTalk | null,
    work: (talk: KernelTalk) => Promise<void>
  ): Promise<boolean> {
    if (talk === null) {
      return false;
    }
    try {
      await work(talk);
      return true;
    } catch (error) {
      const shown = this.of(talk) ?? this.now;
      if (error instanceof Refused) {
        this.put({ ...shown, error: { text: error.message, about: error.about } }, talk);
      } else if (error instanceof KernelTrouble && error.trouble !== 'restarted') {
        this.put({ ...NOTHING, view: error.trouble }, talk);
      } else if (!(error instanceof KernelTrouble)) {
        this.put({ ...shown, error: { text: String(error), about: '' } }, talk);
      }
      return false;
    }
  }

  /** Take in how things are, and fetch the list of tables if it is another one. */
  private async take(talk: KernelTalk, state: IState): Promise<void> {
    const session = state.session;
    const before = this.of(talk) ?? this.now;
    const same = before.state?.catalog === state.catalog;
    this.put(
      {
        ...before,
        view: viewOf(state),
        state,
        session,
        catalog: this.catalogs.get(state.catalog) ?? null,
        tables: same ? before.tables : new Map(),
        working: before.working === WAITS ? '' : before.working,
        remark: session !== null && session.state !== 'not signed in' ? '' : before.remark,
        deadline: session?.sign_in ? Date.now() + session.sign_in.seconds * 1000 : 0
      },
      talk
    );
    if (!this.catalogs.has(state.catalog) && viewOf(state) === 'signed-in') {
      const catalog = await talk.ask<ICatalog>('tables', { name: state.name });
      this.catalogs.set(state.catalog, new SearchableCatalog(catalog));
      this.put({ ...(this.of(talk) ?? this.now), catalog: this.catalogs.get(state.catalog) ?? null }, talk);
    }
  }

  private kernelChanged(talk: KernelTalk, what: 'idle' | 'waits' | 'restarted' | 'dead'): void {
    if (what === 'waits') {
      const shown = this.of(talk) ?? NOTHING;
      this.put(shown.state === null ? { ...shown, view: 'busy' } : { ...shown, working: WAITS }, talk);
      return;
    }
    if (what === 'idle') {
      if (talk === this.current) {
        void this.refresh();
      }
      return;
    }
    const was = this.of(talk);
    const remark = was?.state?.session ? RESTARTED : (was?.remark ?? ''); // a death and a restart both are told of
    this.put({ ...NOTHING, view: what === 'dead' ? 'dead' : 'starting', remark }, talk);
    if (talk === this.current) {
      void this.refresh();
    }
  }

  private of(talk: KernelTalk): IShown | undefined {
    return talk === this.current ? this.now : this.kept.get(talk.id);
  }

  /** Show something, if it is of the kernel that is looked at; else keep it. */
  private put(shown: IShown, of: KernelTalk | null = this.current): void {
    if (of !== null) {
      this.kept.set(of.id, shown);
    }
    if (of === this.current) {
      this.now = shown;
      this.listeners.forEach(listener => listener());
    }
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
