/**
 * The sidebar: what JupyterLab and Notebook 7 know of it. At the start it only registers; the panel itself, and React with
 * it, is loaded when it is shown for the first time.
 */

import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette, ISessionContext, ISessionContextDialogs } from '@jupyterlab/apputils';
import type { IConsoleTracker } from '@jupyterlab/console';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { IStatusBar } from '@jupyterlab/statusbar';
import type { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { Message } from '@lumino/messaging';
import { PanelLayout, Widget } from '@lumino/widgets';

import { CodePlace, type IOutside } from './insert.js';
import { KernelTalk } from './kernel.js';
import { type IActions, type IPanel, PanelModel } from './model.js';
import { CHANNEL } from './returning.js';
import type { PreviewWidget } from './preview.js';

/** What of JupyterLab there is; Notebook 7 and others lack some of it. */
export interface IParts {
  notebooks: INotebookTracker;
  consoles: IConsoleTracker | null;
  restorer: ILayoutRestorer | null;
  palette: ICommandPalette | null;
  dialogs: ISessionContextDialogs | null;
  settings: ISettingRegistry | null;
  statusBar: IStatusBar | null;
  trans: TranslationBundle;
}

/** The plugin, and the file of its settings. */
export const PLUGIN = 'procore-jupyter:panel';

/** A house with the rows of a list in it, in the theme's own colours. */
const procoreIcon = new LabIcon({
  name: 'procore-jupyter:logo',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
    <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M4 20V9l8-5 8 5v11h-2V10.1l-6-3.75-6 3.75V20zm4-8h8v2H8zm0 3.5h8v2H8z"/>
  </svg>`
});

/** The place of the panel in the side area, which fills itself when it is shown for the first time. */
class Place extends Widget {
  constructor(
    private readonly load: () => Promise<Widget>,
    private readonly seen: (isSeen: boolean) => void,
    caption: string
  ) {
    super({ node: document.createElement('div') });
    this.id = 'procore-jupyter-panel';
    this.node.tabIndex = -1;
    this.title.icon = procoreIcon;
    this.title.caption = caption;
    this.addClass('procore-sidebar');
    this.layout = new PanelLayout();
    document.addEventListener('visibilitychange', () => this.tell());
    document.addEventListener('focusin', ({ target }) => {
      this.isEntered = this.node.contains(target as Node);
      this.focused = this.isEntered ? this.focused : (target as Node);
    });
  }

  private loading: Promise<void> | null = null;
  /** Whether the next activation brings the focus here: not where it is none of the person's. */
  takesFocus = true;
  /** Whether the focus was here last; where the element that had it is gone, nothing has it. */
  private isEntered = false;
  /** What had the focus last of all that is elsewhere. */
  focused: Node | null = null;

  private first: HTMLElement | null = null;

  readonly focusFirst = (): void => {
    const before = this.first;
    this.first = this.node.querySelector<HTMLElement>('[data-procore-first]');
    if (this.first !== before && this.isEntered) {
      this.first?.focus();
    }
  };

  override processMessage(message: Message): void {
    super.processMessage(message);
    if (/^after-(show|hide|attach)$/.test(message.type)) {
      this.tell();
    } else if (message.type === 'activate-request') {
      if (this.takesFocus) {
        this.node.focus();
        this.first = null;
        this.focusFirst();
      }
      this.takesFocus = true;
    }
  }

  private tell(): void {
    const isSeen = this.isVisible && document.visibilityState === 'visible';
    if (isSeen) {
      this.loading ??= this.load().then(panel => (this.layout as PanelLayout).addWidget(panel));
    }
    this.seen(isSeen);
  }
}

export class Sidebar implements IOutside {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly parts: IParts
  ) {
    const { trans } = parts;
    this.place = new Place(
      async () => (await import('./panel.js')).createPanel(this.panel()),
      isSeen => this.model.setVisible(isSeen),
      trans.__('Procore')
    );
    this.code = new CodePlace(parts.notebooks, parts.consoles, this);
    app.shell.add(this.place, 'left', { rank: 900, type: 'Procore' });
    parts.restorer?.add(this.place, 'procore-jupyter-panel');
    this.addCommands(app.commands);
    this.addStatus(parts.statusBar);
    void this.readSettings(parts.settings);
    this.listen();
  }

  private readonly model = new PanelModel();
  private readonly place: Place;
  private readonly code: CodePlace;
  private readonly talks = new WeakMap<Kernel.IKernelConnection, KernelTalk>();
  context: ISessionContext | null = null;
  private preview: PreviewWidget | null = null;

  get focused(): Node | null {
    return this.place.focused;
  }

  // Which kernel is looked at

  private listen(): void {
    const { notebooks, consoles } = this.parts;
    const look = (): void =>
      this.look(notebooks.currentWidget?.sessionContext ?? consoles?.currentWidget?.sessionContext ?? null);
    notebooks.currentChanged.connect(look);
    consoles?.currentChanged.connect((_, console) => (console ? this.look(console.sessionContext) : look()));
    this.app.shell.currentChanged?.connect((_, { newValue }) => {
      const found = consoles?.find(one => one === newValue) ?? notebooks.find(one => one === newValue);
      if (found) {
        this.look(found.sessionContext);
      }
    });
    window.addEventListener('focus', () => void this.model.settle(false));
    const channel = new BroadcastChannel(CHANNEL);
    channel.onmessage = ({ data }: MessageEvent<{ status?: unknown } | null>) => {
      if (typeof data?.status === 'string' && data.status !== 'seen') {
        void this.model.settle(true);
      }
    };
    look();
  }

  private look(context: ISessionContext | null): void {
    if (context !== this.context) {
      this.context?.kernelChanged.disconnect(this.onKernel, this);
      this.context = context;
      context?.kernelChanged.connect(this.onKernel, this);
    }
    this.onKernel();
  }

  private onKernel(): void {
    const kernel = this.context?.session?.kernel ?? null;
    if (kernel === null) {
      this.model.look(null, this.context === null ? 'none' : this.context.hasNoKernel ? 'dead' : 'starting');
      return;
    }
    let talk = this.talks.get(kernel);
    if (talk === undefined) {
      talk = new KernelTalk(kernel, KernelMessage.createMessage);
      this.talks.set(kernel, talk);
      kernel.disposed.connect(talk.dispose, talk);
    }
    this.model.look(talk);
  }

  // The panel and its preview

  private panel(): IPanel {
    const { commands } = this.app;
    const actions: IActions = {
      insert: text => this.code.atCursor(text),
      newCell: source => this.code.asCellToRun(source),
      preview: table => void this.openPreview(table),
      connects: () => this.code.connects,
      addLine: line => {
        this.code.asCell(line, true);
        void this.model.refresh();
      },
      run: source => void this.run(source),
      command: name => void (commands.hasCommand(name) && commands.execute(name)),
      focusFirst: this.place.focusFirst
    };
    return { model: this.model, trans: this.parts.trans, actions };
  }

  private async run(source: string): Promise<void> {
    await this.code.run(source, this.parts.dialogs);
    await this.model.refresh();
  }

  private async openPreview(table: string): Promise<void> {
    const { PreviewWidget } = await import('./preview.js');
    if (this.preview === null || this.preview.isDisposed) {
      this.preview = new PreviewWidget(this.panel());
      this.preview.title.icon = procoreIcon;
    }
    if (!this.preview.isAttached) {
      this.app.shell.add(this.preview, 'down'); // below the notebook, in JupyterLab and in Notebook 7
    }
    this.app.shell.activateById(this.preview.id);
    await this.preview.showTable(table);
  }

  // What JupyterLab offers for it

  private addCommands(commands: CommandRegistry): void {
    const { trans, palette, notebooks } = this.parts;
    const { shell } = this.app;
    const add = (
      name: string,
      label: string,
      execute: () => unknown,
      isEnabled = (): boolean => true
    ): void => {
      const command = `procore-jupyter:${name}`;
      commands.addCommand(command, { label, execute, isEnabled, describedBy: { args: { type: 'object' } } });
      palette?.addItem({ command, category: trans.__('Procore') });
    };
    const canRun = (): boolean =>
      this.code.notebook === shell.currentWidget && this.code.notebook?.content.model?.readOnly === false;
    const lines = { connect: '%procore_connect', 'sign-out': '%procore_logout' };
    const run = (line: string): Promise<void> => this.run(`%load_ext procore_jupyter\n${line}`);
    add('show', trans.__('Procore: Show the sidebar'), async () => {
      // Where it was chosen in the palette, that first gives the focus back to the notebook.
      await new Promise(resolve => setTimeout(resolve));
      shell.activateById(this.place.id);
    });
    add(
      'refresh',
      trans.__('Procore: Look again'),
      () => this.model.refresh(),
      () => this.model.talk !== null
    );
    add('connect', trans.__('Procore: Connect'), () => run(lines.connect), canRun);
    add('sign-out', trans.__('Procore: Sign out'), () => run(lines['sign-out']), canRun);
    const mayHaveChanged = (): void =>
      Object.keys(lines).forEach(name => commands.notifyCommandChanged(`procore-jupyter:${name}`));
    notebooks.currentChanged.connect(mayHaveChanged);
    shell.currentChanged?.connect(mayHaveChanged);
  }

  private async readSettings(settings: ISettingRegistry | null): Promise<void> {
    const { notebooks } = this.parts;
    const found = await settings?.load(PLUGIN);
    const read = (): void => {
      const one = (name: string): string => String(found?.get(name).composite ?? '');
      this.model.defaults = {
        environment: one('environment'),
        callbackUrl: one('callbackUrl'),
        via: one('via')
      };
    };
    read();
    found?.changed.connect(read);
    const open = (): void => {
      if (found?.get('openWithNotebooks').composite === true && notebooks.currentWidget !== null) {
        notebooks.currentChanged.disconnect(open);
        this.place.takesFocus = false;
        this.app.shell.activateById(this.place.id);
      }
    };
    notebooks.currentChanged.connect(open);
    open();
  }

  /** Stand in the status bar only while something needs the person. */
  private addStatus(statusBar: IStatusBar | null): void {
    const item = new Widget({ node: document.createElement('button') });
    item.addClass('procore-bare');
    item.node.textContent = this.parts.trans.__('Procore waits for your sign-in');
    item.node.onclick = () => this.app.shell.activateById(this.place.id);
    const isActive = (): boolean => this.model.shown.view === 'waiting';
    statusBar?.registerStatusItem('procore-jupyter:status', { item, align: 'left', rank: 90, isActive });
    this.model.subscribe(() => item.setHidden(!isActive()));
  }
}
