/**
 * Procore in JupyterLab, told from the top: two commands that act in the open notebook, and a word
 * to the person whose browser comes back from Procore's sign-in page.
 *
 * Nothing here ever sees a token, a code or a connection string: signing in is the kernel's work.
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
  // The commands work without a palette (a keyboard shortcut, a menu of one's own), and without the
  // dialogs too: then a notebook that has no kernel isn't asked which one it wants.
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
