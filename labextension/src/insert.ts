/** Puts code into the notebook or console that is looked at: at the cursor where somebody edits, else in a new cell below. */

import type { IConsoleTracker } from '@jupyterlab/console';
import {
  type INotebookTracker,
  type Notebook,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import type { ISessionContextDialogs } from '@jupyterlab/apputils';

/** Where code went. */
export type Where = 'cursor' | 'cell' | 'console' | 'nowhere';

const CONNECTS = /procore_connect|procore_jupyter\.connect\(/;

export class CodePlace {
  /** `isOurs` tells whether the element that has the focus is the panel's: then the person edits on in the cell behind it. */
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly consoles: IConsoleTracker | null,
    private readonly isOurs: (element: Element | null) => boolean
  ) {
    notebooks.currentChanged.connect(() => this.follow());
    consoles?.currentChanged.connect((_, console) => {
      this.inConsole = console !== null;
    });
    this.follow();
  }

  private inConsole = false;
  private followed: Notebook | null = null;
  /** The notebook in which a cell was being edited when the focus went to the panel. */
  private edited: Notebook | null = null;

  get notebook(): NotebookPanel | null {
    return this.notebooks.currentWidget;
  }

  /** Insert a text at the cursor, else as a cell. */
  atCursor(text: string): Where {
    const console = this.inConsole ? (this.consoles?.currentWidget?.console ?? null) : null;
    if (console?.promptCell?.editor) {
      console.promptCell.editor.replaceSelection?.(text);
      return 'console';
    }
    const notebook = this.notebook?.content;
    const editor = notebook?.activeCell?.editor;
    const edits = notebook && (notebook.mode === 'edit' || this.edited === notebook);
    if (edits && notebook.activeCell?.model.type === 'code' && editor && !notebook.model?.readOnly) {
      editor.replaceSelection?.(text);
      return 'cursor';
    }
    return this.asCell(text);
  }

  /** Insert a text as a new code cell below the active one, or as the first cell; an active cell that is empty is taken. */
  asCell(source: string, first = false): Where {
    const notebook = this.notebook?.content;
    if (!notebook?.model || notebook.model.readOnly) {
      return 'nowhere';
    }
    const active = notebook.activeCell?.model;
    if (!first && active?.type === 'code' && active.sharedModel.getSource().trim() === '') {
      active.sharedModel.setSource(source);
      notebook.deselectAll();
      return 'cell';
    }
    // One step of the shared model: one undo removes the cell again. In an empty notebook the active index is -1.
    const at = first ? 0 : notebook.activeCellIndex + 1;
    notebook.model.sharedModel.insertCell(at, { cell_type: 'code', source, metadata: { trusted: true } });
    notebook.deselectAll(); // otherwise `run` would also run the cells that the person has selected
    notebook.activeCellIndex = at;
    void notebook.scrollToItem(at);
    return 'cell';
  }

  /** Insert a text as a new code cell and go there: Shift+Enter then runs it. */
  asCellToRun(source: string): Where {
    const where = this.asCell(source);
    if (where === 'cell') {
      this.notebook?.content.activate();
    }
    return where;
  }

  /** Insert a cell below the active one and run it: what the line draws is that cell's output. */
  async run(source: string, dialogs: ISessionContextDialogs | null): Promise<void> {
    const panel = this.notebook;
    await panel?.context.ready;
    if (panel !== null && panel === this.notebook && this.asCell(source) === 'cell') {
      await NotebookActions.run(panel.content, panel.sessionContext, dialogs ?? undefined);
    }
  }

  /** Whether the notebook holds a line that connects; true where there is no notebook that could. */
  get connects(): boolean {
    const model = this.notebook?.content.model;
    if (this.inConsole || !model) {
      return true;
    }
    return [...model.cells].some(cell => cell.type === 'code' && CONNECTS.test(cell.sharedModel.getSource()));
  }

  private follow(): void {
    const notebook = this.notebooks.currentWidget?.content ?? null;
    this.inConsole &&= notebook === null;
    if (notebook === this.followed) {
      return;
    }
    this.followed?.stateChanged.disconnect(this.onState, this);
    this.followed = notebook;
    this.edited = null;
    notebook?.stateChanged.connect(this.onState, this);
  }

  private onState(notebook: Notebook, change: { name: string; newValue: unknown }): void {
    if (change.name === 'mode') {
      this.edited = null;
      if (change.newValue === 'command') {
        // The mode changes before the focus is where it goes.
        setTimeout(() => {
          this.edited = this.isOurs(document.activeElement) ? notebook : null;
        });
      }
    }
  }
}
