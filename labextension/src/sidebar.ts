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

import { CodePlace } from './insert.js';
import { KernelTalk } from './kernel.js';
import { PanelModel } from './model.js';
import { CHANNEL } from './returning.js';
import type { IPanelActions, ProcorePanel } from './panel.js';
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
    private readonly load: () => Promise<ProcorePanel>,
    caption: string
  ) {
    super();
    this.id = 'procore-jupyter-panel';
    this.title.icon = procoreIcon;
    this.title.caption = caption;
    this.addClass('procore-sidebar');
    this.layout = new PanelLayout();
    document.addEventListener('visibilitychange', () => this.tell());
  }

  private panel: ProcorePanel | null = null;
  private loading: Promise<void> | null = null;

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.tell();
  }

  protected override onAfterHide(message: Message): void {
    super.onAfterHide(message);
    this.tell();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.tell();
  }

  private tell(): void {
    const seen = this.isVisible && document.visibilityState === 'visible';
    if (seen && this.panel === null) {
      this.loading ??= this.load().then(panel => {
        this.panel = panel;
        (this.layout as PanelLayout).addWidget(panel);
        this.tell();
      });
    }
    this.panel?.setSeen(seen);
  }
}

export class Sidebar {
  constructor(
    private readonly app: JupyterFrontEnd,
    private readonly parts: IParts
  ) {
    const { trans } = parts;
    this.place = new Place(() => this.load(), trans.__('Procore'));
    this.code = new CodePlace(parts.notebooks, parts.consoles, node => this.place.node.contains(node));
    app.shell.add(this.place, 'left', { rank: 900, type: 'Procore' });
    parts.restorer?.add(this.place, 'procore-jupyter-panel');
    this.addCommands(app.commands);
    void this.readSettings();
    this.listen();
  }

  private readonly model = new PanelModel();
  private readonly place: Place;
  private readonly code: CodePlace;
  private readonly talks = new Map<string, KernelTalk>();
  private context: ISessionContext | null = null;
  private preview: PreviewWidget | null = null;
  private status: { dispose: () => void } | null = null;

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
    this.model.subscribe(() => this.tellStatus());
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

  private onKernel(_?: unknown, change?: { oldValue: Kernel.IKernelConnection | null }): void {
    const old = change?.oldValue?.id;
    if (old !== undefined) {
      this.talks.get(old)?.dispose();
      this.talks.delete(old);
      this.model.forget(old);
    }
    const kernel = this.context?.session?.kernel ?? null;
    if (kernel === null) {
      this.model.look(null, this.context === null ? 'none' : this.context.hasNoKernel ? 'dead' : 'starting');
      return;
    }
    let talk = this.talks.get(kernel.id);
    if (talk === undefined) {
      talk = new KernelTalk(kernel, KernelMessage.createMessage);
      this.talks.set(kernel.id, talk);
      const own = talk;
      kernel.disposed.connect(() => {
        own.dispose();
        if (this.talks.get(kernel.id) === own) {
          this.talks.delete(kernel.id);
          this.model.forget(kernel.id);
        }
      });
    }
    this.model.look(talk);
  }

  // The panel and its preview

  private async load(): Promise<ProcorePanel> {
    const { ProcorePanel } = await import('./panel.js');
    return new ProcorePanel(this.model, this.actions(), this.parts.trans);
  }

  private actions(): IPanelActions {
    const { commands } = this.app;
    const run = (command: string, args = {}): void => {
      if (commands.hasCommand(command)) {
        void commands.execute(command, args);
      }
    };
    return {
      insert: text => this.code.atCursor(text),
      newCell: source => this.code.asCellToRun(source),
      preview: table => run('procore-jupyter:preview', { table }),
      connects: () => this.code.connects,
      addLine: line => {
        this.code.asCell(line, true);
        void this.model.refresh();
      },
      run: source => void this.run(source),
      newNotebook: () => run('notebook:create-new'),
      changeKernel: () => run('notebook:change-kernel'),
      restartKernel: () => run('notebook:restart-kernel')
    };
  }

  private async run(source: string): Promise<void> {
    await this.code.run(source, this.parts.dialogs);
    await this.model.refresh();
  }

  private async openPreview(table: string): Promise<void> {
    const { PreviewWidget } = await import('./preview.js');
    if (this.preview === null || this.preview.isDisposed) {
      this.preview = new PreviewWidget(this.model, this.actions(), this.parts.trans);
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
    const { trans, palette } = this.parts;
    const category = trans.__('Procore');
    const text = (name: string, description: string): object => ({
      args: { type: 'object', properties: { [name]: { type: 'string', description } }, required: [name] }
    });
    const none = { args: { type: 'object', properties: {} } };
    commands.addCommand('procore-jupyter:show', {
      label: trans.__('Procore: Show the sidebar'),
      caption: trans.__('Show Procore’s tables beside the notebook'),
      describedBy: none,
      execute: () => this.app.shell.activateById(this.place.id)
    });
    commands.addCommand('procore-jupyter:refresh', {
      label: trans.__('Procore: Look again'),
      caption: trans.__('Ask the notebook’s kernel again how things are'),
      describedBy: none,
      isEnabled: () => this.model.talk !== null,
      execute: () => this.model.refresh()
    });
    commands.addCommand('procore-jupyter:preview', {
      label: trans.__('Procore: Preview a table'),
      describedBy: text('table', 'The name of the table'),
      isEnabled: () => this.model.shown.view === 'signed-in',
      execute: args => this.openPreview(String(args['table']))
    });
    commands.addCommand('procore-jupyter:insert', {
      label: trans.__('Procore: Insert code'),
      describedBy: text('text', 'The code'),
      execute: args => this.code.atCursor(String(args['text']))
    });
    const lines: [command: string, label: string, caption: string, line: string][] = [
      [
        'procore-jupyter:connect',
        trans.__('Procore: Connect'),
        trans.__('Sign in to Procore in the current notebook'),
        '%procore_connect'
      ],
      [
        'procore-jupyter:sign-out',
        trans.__('Procore: Sign out'),
        trans.__('Sign out of Procore in the current notebook, and forget its sign-in'),
        '%procore_logout'
      ]
    ];
    const { shell } = this.app;
    for (const [command, label, caption, line] of lines) {
      commands.addCommand(command, {
        label,
        caption,
        describedBy: none,
        isEnabled: () =>
          this.code.notebook === shell.currentWidget && this.code.notebook?.content.model?.readOnly === false,
        execute: () => this.run(`%load_ext procore_jupyter\n${line}`)
      });
    }
    const mayHaveChanged = (): void => lines.forEach(([command]) => commands.notifyCommandChanged(command));
    this.parts.notebooks.currentChanged.connect(mayHaveChanged);
    shell.currentChanged?.connect(mayHaveChanged);
    for (const command of ['procore-jupyter:show', 'procore-jupyter:refresh', ...lines.map(([one]) => one)]) {
      palette?.addItem({ command, category });
    }
  }

  private async readSettings(): Promise<void> {
    const { settings, notebooks } = this.parts;
    if (settings === null) {
      return;
    }
    const found = await settings.load(PLUGIN);
    const read = (): void => {
      const one = (name: string): string => String(found.get(name).composite ?? '');
      this.model.defaults = {
        environment: one('environment'),
        callbackUrl: one('callbackUrl'),
        via: one('via')
      };
    };
    read();
    found.changed.connect(read);
    const open = (): void => {
      if (found.get('openWithNotebooks').composite === true && notebooks.currentWidget !== null) {
        notebooks.currentChanged.disconnect(open);
        this.app.shell.activateById(this.place.id);
      }
    };
    notebooks.currentChanged.connect(open);
    open();
  }

  /** Stand in the status bar only while something needs the person. */
  private tellStatus(): void {
    const { statusBar, trans } = this.parts;
    const needed = this.model.shown.view === 'waiting';
    if (statusBar === null || needed === (this.status !== null)) {
      return;
    }
    if (!needed) {
      this.status?.dispose();
      this.status = null;
      return;
    }
    const item = new Widget({ node: document.createElement('button') });
    item.addClass('procore-bare');
    item.node.textContent = trans.__('Procore waits for your sign-in');
    item.node.onclick = () => this.app.shell.activateById(this.place.id);
    const added = statusBar.registerStatusItem('procore-jupyter:status', { item, align: 'left', rank: 90 });
    this.status = {
      dispose: () => {
        added.dispose();
        item.dispose();
      }
    };
  }
}
