/** The panel: one view for each state of the kernel that is looked at. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';

import { Offer, Waiting } from './connect.js';
import { Head } from './head.js';
import type { IPanel, View } from './model.js';
import { type IMemory, Tables } from './tree.js';

import '../style/sidebar.css';

/** Return the panel as JupyterLab holds it. */
export function createPanel(panel: IPanel): Widget {
  const widget = ReactWidget.create(<Panel {...panel} />);
  widget.addClass('procore-root');
  return widget;
}

function Panel(panel: IPanel): ReactNode {
  const { model, trans, actions } = panel;
  const { view, remark, working } = useSyncExternalStore(model.subscribe, () => model.shown);
  const [memory, remember] = useState<IMemory>({ search: '', open: null, selected: '' });
  useEffect(actions.focusFirst);
  return (
    <div className="procore-panel-root" data-procore-state={view} data-procore-working={working !== ''}>
      {remark ? (
        <div className="procore-note" role="status">
          {trans.__(remark)}
        </div>
      ) : null}
      {view === 'offer' || view === 'form' ? (
        <Offer {...panel} />
      ) : view === 'waiting' ? (
        <Waiting {...panel} />
      ) : view === 'signed-in' ? (
        <>
          <Head panel={panel} />
          <Tables panel={panel} memory={memory} remember={remember} />
        </>
      ) : (
        <Sentence {...sentences(panel)[view]} />
      )}
    </div>
  );
}

interface ISentence {
  title: string;
  text: string;
  /** A line that helps. */
  code?: string;
  /** The buttons, the main one first. */
  acts?: [text: string, act: () => void][];
}

/** Return what is said where a kernel can't be asked. */
function sentences({
  model,
  actions,
  trans
}: IPanel): Record<Exclude<View, 'offer' | 'form' | 'waiting' | 'signed-in'>, ISentence> {
  const again: [string, () => void] = [trans.__('Look again'), () => void model.refresh()];
  const installed = (code: string): Pick<ISentence, 'code' | 'acts'> => ({
    code,
    acts: [[trans.__('Run this line'), () => actions.run(code)], again]
  });
  const command = (text: string, name: string): ISentence['acts'] => [[text, () => actions.command(name)]];
  return {
    none: {
      title: trans.__('No notebook is open'),
      text: trans.__('Open a notebook, and sign in to Procore here: your projects and tables follow.'),
      acts: command(trans.__('New notebook'), 'notebook:create-new')
    },
    starting: {
      title: trans.__('One moment …'),
      text: trans.__('Asking the notebook’s kernel.')
    },
    busy: {
      title: trans.__('A cell is running'),
      text: trans.__(
        'This kernel answers when no cell runs. The sidebar goes on by itself when the cell has ended.'
      )
    },
    foreign: {
      title: trans.__('Not a Python notebook'),
      text: trans.__(
        'Procore needs a Python kernel. Choose one for this notebook, or open another notebook.'
      ),
      acts: command(trans.__('Change kernel …'), 'notebook:change-kernel')
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
      acts: command(trans.__('Restart kernel'), 'notebook:restart-kernel')
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
function Sentence({ title, text, code, acts = [] }: ISentence): ReactNode {
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
