/**
 * Procore in JupyterLab and Notebook 7: the sidebar, two commands that act in the open notebook, and a notification for the
 * person whose browser comes back from Procore's sign-in page.
 *
 * Nothing here ever sees a token or a code: the kernel alone signs in. A client secret passes through one field of the form
 * into one message to the kernel.
 */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { addNotebookCommands } from './commands.js';
import { tellWhenBack } from './returning.js';
import { Sidebar } from './sidebar.js';

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

const panel: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:panel',
  description: 'The sidebar: sign-in, projects and tables of Procore, and the code for the notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  // Notebook 7 and trimmed JupyterLabs lack some of these; the sidebar does without.
  optional: [
    IConsoleTracker,
    ILayoutRestorer,
    ICommandPalette,
    ISessionContextDialogs,
    ISettingRegistry,
    IStatusBar,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    consoles: IConsoleTracker | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    dialogs: ISessionContextDialogs | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('procore_jupyter');
    new Sidebar(app, { notebooks, consoles, restorer, palette, dialogs, settings, statusBar, trans });
  }
};

export default [commands, returning, panel];
