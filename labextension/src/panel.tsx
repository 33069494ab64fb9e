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

/** The views of a kernel that answers; of each other one a sentence tells. */
type Signing = 'offer' | 'form' | 'waiting' | 'signed-in';

function viewOf(view: View, props: IProps): ReactNode {
  const { model, actions, trans, memory, draft } = props;
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
    default:
      return <Sentence {...sentences(props)[view]} />;
  }
}

interface ISentence {
  title: string;
  text: string;
  /** A line that helps. */
  code?: string;
  /** The buttons, the main one first. */
  acts: [text: string, act: () => void][];
}

/** Return what is said where a kernel can't be asked. */
function sentences({ model, actions, trans }: IProps): Record<Exclude<View, Signing>, ISentence> {
  const again: ISentence['acts'][0] = [trans.__('Look again'), () => void model.refresh()];
  const installed = (code: string): Pick<ISentence, 'code' | 'acts'> => ({
    code,
    acts: [[trans.__('Run this line'), () => actions.run(code)], again]
  });
  return {
    none: {
      title: trans.__('No notebook is open'),
      text: trans.__('Open a notebook, and sign in to Procore here: your projects and tables follow.'),
      acts: [[trans.__('New notebook'), actions.newNotebook]]
    },
    starting: {
      title: trans.__('One moment …'),
      text: trans.__('Asking the notebook’s kernel.'),
      acts: []
    },
    busy: {
      title: trans.__('A cell is running'),
      text: trans.__(
        'This kernel answers when no cell runs. The sidebar goes on by itself when the cell has ended.'
      ),
      acts: []
    },
    foreign: {
      title: trans.__('Not a Python notebook'),
      text: trans.__(
        'Procore needs a Python kernel. Choose one for this notebook, or open another notebook.'
      ),
      acts: [[trans.__('Change kernel …'), actions.changeKernel]]
    },
    missing: {
      title: trans.__('Not installed in this kernel'),
      text: trans.__(
        'JupyterLab has the Procore sidebar, and this notebook’s kernel lacks the package. Install it there:'
      ),
      ...installed('%pip install procore-jupyter')
    },
    old: {
      title: trans.__('Two releases that don’t fit'),
      text: trans.__(
        'The package in this kernel and the sidebar are of different releases. Upgrade both, then restart the kernel:'
      ),
      ...installed('%pip install --upgrade procore-jupyter')
    },
    dead: {
      title: trans.__('The kernel is gone'),
      text: trans.__('Restart it, and connect again: your sign-in is kept.'),
      acts: [[trans.__('Restart kernel'), actions.restartKernel]]
    },
    silent: {
      title: trans.__('The kernel doesn’t answer'),
      text: trans.__(
        'It may be doing something that lets nothing else run. The sidebar looks again when the cell has ended.'
      ),
      acts: [again]
    }
  };
}

/** What is so, and what to do next. */
function Sentence({ title, text, code, acts }: ISentence): ReactNode {
  return (
    <div className="procore-view" role="status">
      <h2 className="procore-title">{title}</h2>
      <p>{text}</p>
      {code ? <code className="procore-code">{code}</code> : null}
      <div className="procore-acts">
        {acts.map(([words, act], index) => (
          <button key={words} className={index === 0 ? 'procore-main' : 'procore-second'} onClick={act}>
            {words}
          </button>
        ))}
      </div>
    </div>
  );
}
