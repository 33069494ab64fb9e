/** The commands. Each inserts a new cell below the active one, and runs it. */

import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

import { insertCell } from './insert.js';

/** One command: the texts that people read, and the code of its cell. */
interface INotebookCommand {
  id: string;
  label: string;
  caption: string;
  source: string;
}

const CATEGORY = 'Procore';

const COMMANDS: INotebookCommand[] = [
  {
    id: 'procore-jupyter:connect',
    label: 'Procore: Connect',
    caption: 'Sign in to Procore in the current notebook',
    source: '%load_ext procore_jupyter\n%procore_connect'
  },
  {
    id: 'procore-jupyter:sign-out',
    label: 'Procore: Sign out',
    caption: 'Sign out of Procore in the current notebook, and forget its sign-in',
    source: '%load_ext procore_jupyter\n%procore_logout'
  }
];

/** Add the commands, and list them in the palette if there is one. */
export function addNotebookCommands(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  palette: ICommandPalette | null,
  dialogs: ISessionContextDialogs | null
): void {
  const current = (): NotebookPanel | null => {
    const panel = tracker.currentWidget;
    const inFront = panel !== null && panel === app.shell.currentWidget;
    return inFront && panel.content.model?.readOnly === false ? panel : null;
  };

  for (const { id, label, caption, source } of COMMANDS) {
    app.commands.addCommand(id, {
      label,
      caption,
      isEnabled: () => current() !== null,
      execute: async () => {
        const panel = current();
        if (panel) {
          await runBelow(panel, source, dialogs);
        }
      }
    });
    palette?.addItem({ command: id, category: CATEGORY });
  }

  const enabledMayHaveChanged = (): void => {
    for (const { id } of COMMANDS) {
      app.commands.notifyCommandChanged(id);
    }
  };
  tracker.currentChanged.connect(enabledMayHaveChanged);
  app.shell.currentChanged?.connect(enabledMayHaveChanged);
}

/**
 * Insert a code cell below the active one and run it, so that the login panel is that cell's output.
 *
 * The shared model inserts the cell in one step: one undo removes it again, and neither another cell
 * nor the clipboard is touched.
 */
async function runBelow(
  panel: NotebookPanel,
  source: string,
  dialogs: ISessionContextDialogs | null
): Promise<void> {
  await panel.context.ready;
  const notebook = panel.content;
  const model = notebook.model;
  if (!model) {
    return; // the notebook was closed while it was loading
  }
  insertCell(notebook, source, notebook.activeCellIndex + 1); // in an empty notebook the index is -1
  await NotebookActions.run(notebook, panel.sessionContext, dialogs ?? undefined);
}
