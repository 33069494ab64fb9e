/** Puts code into the notebook or console that is looked at: at the cursor where somebody edits, else in a new cell below. */

import type { ISessionContext, ISessionContextDialogs } from '@jupyterlab/apputils';
import type { ConsolePanel, IConsoleTracker } from '@jupyterlab/console';
import { type INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

/** Where code went. */
export type Where = 'cursor' | 'cell' | 'console' | 'nowhere';

const CONNECTS = /procore_connect|procore_jupyter\.connect\(/;

/** What a person does outside of the panel. */
export interface IOutside {
  /** Whose kernel the panel looks at. */
  readonly context: ISessionContext | null;
  /** What had the focus last. */
  readonly focused: Node | null;
}

export class CodePlace {
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly consoles: IConsoleTracker | null,
    private readonly outside: IOutside
  ) {}

  get notebook(): NotebookPanel | null {
    return this.notebooks.currentWidget;
  }

  private get console(): ConsolePanel | null {
    const console = this.consoles?.currentWidget;
    return console?.sessionContext === this.outside.context ? (console ?? null) : null;
  }

  /** Insert a text at the cursor of the cell that is being edited, else as a cell. */
  atCursor(text: string): Where {
    const prompt = this.console?.console.promptCell?.editor;
    if (prompt) {
      prompt.replaceSelection?.(text);
      return 'console';
    }
    const notebook = this.notebook?.content;
    const cell = notebook?.activeCell;
    const isEdited = cell?.model.type === 'code' && cell.editor?.host.contains(this.outside.focused);
    if (isEdited && !notebook?.model?.readOnly) {
      cell.editor?.replaceSelection?.(text);
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
    if (this.console || !model) {
      return true;
    }
    return [...model.cells].some(cell => cell.type === 'code' && CONNECTS.test(cell.sharedModel.getSource()));
  }
}
