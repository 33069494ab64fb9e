/**
 * Procore in JupyterLab: two commands that act in the open notebook, and a notification for the
 * person whose browser comes back from Procore's sign-in page.
 *
 * Nothing here ever sees a token, a code or a connection string: the kernel alone signs in.
 */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';

import { addNotebookCommands } from './commands';
import { tellWhenBack } from './returning';

const commands: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:commands',
  description: 'Connects the current notebook to Procore, and signs it out, from the command palette.',
  autoStart: true,
  requires: [INotebookTracker],
  // Without a palette, the commands still work from a keyboard shortcut or a menu. Without the
  // dialogs, nobody is asked which kernel a notebook without one should start.
  optional: [ICommandPalette, ISessionContextDialogs],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null
  ) => addNotebookCommands(app, tracker, palette, dialogs)
};

const returning: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:returning',
  description: "Says so in JupyterLab when the browser is back from Procore's sign-in page.",
  autoStart: true,
  activate: () => tellWhenBack()
};

export default [commands, returning];
