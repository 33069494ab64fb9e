/**
 * Procore in JupyterLab and Notebook 7: the sidebar with its commands, queries highlighted as SQL, Tab before the magics are
 * loaded, and a notification for the person whose browser comes back from Procore's sign-in page.
 *
 * Nothing here ever sees a token or a code: the kernel alone signs in. A client secret passes through one field of the form
 * into one message to the kernel.
 */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, ISessionContextDialogs } from '@jupyterlab/apputils';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { highlightQueries } from './highlighting.js';
import { LoadingProvider } from './loading.js';
import { tellWhenBack } from './returning.js';
import { PLUGIN, Sidebar } from './sidebar.js';

const returning: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:returning',
  description: "Says so in JupyterLab when the browser is back from Procore's sign-in page.",
  autoStart: true,
  activate: () => tellWhenBack()
};

const highlighting: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:highlighting',
  description: 'Highlights the cells that are queries of Procore as SQL.',
  autoStart: true,
  requires: [IEditorExtensionRegistry],
  activate: (_: JupyterFrontEnd, editors: IEditorExtensionRegistry) => highlightQueries(editors)
};

const loading: JupyterFrontEndPlugin<void> = {
  id: 'procore-jupyter:loading',
  description: 'Completes the magics of Procore before they are loaded, by the line that loads them.',
  autoStart: true,
  requires: [ICompletionProviderManager],
  activate: (_: JupyterFrontEnd, completion: ICompletionProviderManager) =>
    completion.registerProvider(new LoadingProvider())
};

const panel: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description:
    'The sidebar: sign-in, projects and tables of Procore, and the code for the notebook; its commands.',
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

export default [returning, highlighting, loading, panel];
