/** The panel: one view for each state of the kernel that is looked at. It is drawn only while it is shown. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { type ReactElement, type ReactNode, useSyncExternalStore } from 'react';

import { ConnectForm, type Draft, Offer, Waiting } from './connect.js';
import { Head } from './head.js';
import type { PanelModel, View } from './model.js';
import { type IActions, type IMemory, Tables } from './tree.js';

/** What the panel can do beside asking the kernel. */
export interface IPanelActions extends IActions {
  /** Whether the notebook holds a line that connects. */
  connects: () => boolean;
  addLine: (line: string) => void;
  /** Insert a cell and run it. */
  run: (source: string) => void;
  newNotebook: () => void;
  changeKernel: () => void;
  restartKernel: () => void;
}

export class ProcorePanel extends ReactWidget {
  constructor(
    private readonly model: PanelModel,
    private readonly actions: IPanelActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.addClass('procore-root');
  }

  private readonly memory: IMemory = { search: '', open: new Set(), selected: '' };
  private readonly draft: Draft = {};
  private seen = false;

  /** Say whether the panel can be seen. */
  setSeen(seen: boolean): void {
    this.seen = seen;
    this.model.setVisible(seen);
    this.update();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.update();
  }

  protected override render(): ReactElement | null {
    return this.seen ? (
      <Panel
        model={this.model}
        actions={this.actions}
        trans={this.trans}
        memory={this.memory}
        draft={this.draft}
      />
    ) : null;
  }
}

interface IProps {
  model: PanelModel;
  actions: IPanelActions;
  trans: TranslationBundle;
  memory: IMemory;
  draft: Draft;
}

function Panel(props: IProps): ReactNode {
  const { model, trans } = props;
  const shown = useSyncExternalStore(model.subscribe, model.snapshot);
  return (
    <div
      className="procore-panel-root"
      data-procore-state={shown.view}
      data-procore-working={shown.working !== ''}
    >
      {shown.remark ? (
        <div className="procore-note" role="status">
          {trans.__(shown.remark)}
        </div>
      ) : null}
      {viewOf(shown.view, props)}
    </div>
  );
}

function viewOf(view: View, { model, actions, trans, memory, draft }: IProps): ReactNode {
  switch (view) {
    case 'offer':
      return <Offer model={model} trans={trans} />;
    case 'form':
      return <ConnectForm model={model} trans={trans} draft={draft} />;
    case 'waiting':
      return <Waiting model={model} trans={trans} />;
    case 'signed-in': {
      const line = model.shown.session?.line ?? '';
      const addLine = actions.connects() ? null : () => actions.addLine(line);
      return (
        <>
          <Head model={model} trans={trans} addLine={addLine} />
          <Tables model={model} trans={trans} actions={actions} memory={memory} />
        </>
      );
    }
    case 'none':
      return (
        <Sentence
          title={trans.__('No notebook is open')}
          text={trans.__('Open a notebook, and sign in to Procore here: your projects and tables follow.')}
          act={[trans.__('New notebook'), actions.newNotebook]}
        />
      );
    case 'starting':
      return <Sentence title={trans.__('One moment …')} text={trans.__('Asking the notebook’s kernel.')} />;
    case 'busy':
      return (
        <Sentence
          title={trans.__('A cell is running')}
          text={trans.__(
            'This kernel answers when no cell runs. The sidebar goes on by itself when the cell has ended.'
          )}
        />
      );
    case 'foreign':
      return (
        <Sentence
          title={trans.__('Not a Python notebook')}
          text={trans.__(
            'Procore needs a Python kernel. Choose one for this notebook, or open another notebook.'
          )}
          act={[trans.__('Change kernel …'), actions.changeKernel]}
        />
      );
    case 'missing':
      return (
        <Sentence
          title={trans.__('Not installed in this kernel')}
          text={trans.__(
            'JupyterLab has the Procore sidebar, and this notebook’s kernel lacks the package. Install it there:'
          )}
          code="%pip install procore-jupyter"
          act={[trans.__('Run this line'), () => actions.run('%pip install procore-jupyter')]}
          again={[trans.__('Look again'), () => void model.refresh()]}
        />
      );
    case 'old':
      return (
        <Sentence
          title={trans.__('Two releases that don’t fit')}
          text={trans.__(
            'The package in this kernel and the sidebar are of different releases. Upgrade both, then restart the kernel:'
          )}
          code="%pip install --upgrade procore-jupyter"
          act={[trans.__('Run this line'), () => actions.run('%pip install --upgrade procore-jupyter')]}
          again={[trans.__('Look again'), () => void model.refresh()]}
        />
      );
    case 'dead':
      return (
        <Sentence
          title={trans.__('The kernel is gone')}
          text={trans.__('Restart it, and connect again: your sign-in is kept.')}
          act={[trans.__('Restart kernel'), actions.restartKernel]}
        />
      );
    case 'silent':
      return (
        <Sentence
          title={trans.__('The kernel doesn’t answer')}
          text={trans.__(
            'It may be doing something that lets nothing else run. The sidebar looks again when the cell has ended.'
          )}
          act={[trans.__('Look again'), () => void model.refresh()]}
        />
      );
  }
}

type Act = [text: string, act: () => void];

interface ISentence {
  title: string;
  text: string;
  code?: string;
  act?: Act;
  again?: Act;
}

/** What is so, and what to do next. */
function Sentence({ title, text, code, act, again }: ISentence): ReactNode {
  return (
    <div className="procore-view" role="status">
      <h2 className="procore-title">{title}</h2>
      <p>{text}</p>
      {code ? <code className="procore-code">{code}</code> : null}
      <div className="procore-acts">
        {act ? (
          <button className="procore-main" onClick={act[1]}>
            {act[0]}
          </button>
        ) : null}
        {again ? (
          <button className="procore-second" onClick={again[1]}>
            {again[0]}
          </button>
        ) : null}
      </div>
    </div>
  );
}
