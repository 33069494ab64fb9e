/** The first rows of a table, below the notebook. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { FormEvent, ReactElement, ReactNode } from 'react';

import type { IPreview, ITable } from './answers.js';
import { type Typed, tableCall, tableCell, typed } from './code.js';
import { Problem } from './connect.js';
import type { IPanel } from './model.js';

export class PreviewWidget extends ReactWidget {
  constructor(private readonly panel: IPanel) {
    super();
    this.id = 'procore-preview';
    this.title.closable = true;
    this.addClass('procore-preview');
  }

  private table: ITable | null = null;
  private preview: IPreview | null = null;
  /** What gives the rows that are shown: the call, and a cell of its own. */
  private code = { call: '', cell: '' };
  private stop: AbortController | null = null;
  private waiting = '';
  private wrong = '';

  /** Show the first rows of a table: at once, if nothing has to be said first. */
  async showTable(name: string): Promise<void> {
    const { model, trans } = this.panel;
    this.stop?.abort();
    const table = await model.open(name);
    if (table === null) {
      return;
    }
    this.table = table;
    this.preview = null;
    this.wrong = '';
    this.title.label = table.title || table.name;
    this.title.caption = trans.__('The first rows of %1', table.name);
    if (table.required.length > 0) {
      this.put();
    } else {
      await this.ask(table, {});
    }
  }

  override dispose(): void {
    this.stop?.abort();
    super.dispose();
  }

  private async ask(table: ITable, parameters: Record<string, Typed>): Promise<void> {
    const { model } = this.panel;
    const { session, state } = model.shown;
    if (!session || !state) {
      return;
    }
    const how = [table, session, state.name, '', parameters] as const;
    const code = { call: tableCall(...how), cell: tableCell(...how) };
    const stop = new AbortController();
    this.stop = stop;
    this.wrong = this.waiting = '';
    this.put();
    const waiting = (what: string): void => {
      this.waiting = what;
      this.put();
    };
    let preview: IPreview | null = null;
    let wrong = '';
    try {
      preview = await model.ask<IPreview>(
        'preview',
        { table: table.name, parameters },
        { stop: stop.signal, waiting }
      );
    } catch (error) {
      wrong = (error as Error).message || String(error);
    }
    if (this.stop === stop) {
      this.stop = null;
      if (preview) {
        this.preview = preview;
        this.code = code;
      }
      this.wrong = wrong;
      this.put();
      void model.refresh(); // the limit has changed
    }
  }

  private put(): void {
    const told = this.stop ? 'loading' : this.wrong ? 'wrong' : this.preview ? 'rows' : 'needs';
    this.node.dataset.procoreState = told;
    this.update();
  }

  protected override render(): ReactElement | null {
    const { table, preview, stop, code } = this;
    const { trans, actions } = this.panel;
    if (table === null) {
      return null;
    }
    const submit = (event: FormEvent<HTMLFormElement>): void => {
      event.preventDefault();
      const given = [...new FormData(event.currentTarget)].map(([one, value]) => [one, typed(String(value))]);
      void this.ask(table, Object.fromEntries(given.filter(([, value]) => value !== '')));
    };
    const button = (text: string, act: () => void): ReactNode => (
      // The focus stays where it is: a cell that is being edited keeps its cursor.
      <button className="procore-second" onMouseDown={event => event.preventDefault()} onClick={act}>
        {text}
      </button>
    );
    return (
      <>
        <div className="procore-preview-bar">
          <span className="procore-caption" role="status">
            {stop
              ? this.waiting || trans.__('Asking for the first rows of %1 …', table.name)
              : (preview?.caption ?? table.name)}
          </span>
          {stop ? (
            <button className="procore-main" onClick={() => stop.abort()}>
              {trans.__('Stop')}
            </button>
          ) : null}
          {preview ? (
            <>
              {button(trans.__('New cell'), () => actions.newCell(code.cell))}
              {button(trans.__('Insert'), () => actions.insert(code.call))}
            </>
          ) : null}
        </div>
        {table.required.length > 0 && !stop ? (
          <form key={table.name} className="procore-preview-bar" onSubmit={submit}>
            {table.required.map(([one, takes], index) => (
              <label key={one}>
                {trans.__('Rows of which %1?', one)}{' '}
                <input className="procore-input" name={one} placeholder={takes} autoFocus={index === 0} />
              </label>
            ))}
            <button className="procore-main">{trans.__('Show rows')}</button>
          </form>
        ) : null}
        {[...(preview?.alerts ?? []), this.wrong].filter(Boolean).map(one => (
          <div key={one} className="procore-note">
            <Problem text={one} />
          </div>
        ))}
        {preview?.notes.map(one => (
          <div key={one} className="procore-note">
            {one}
          </div>
        ))}
        {preview?.rows === 0 ? <div className="procore-view procore-soft">{trans.__('No rows.')}</div> : null}
        {preview?.rows ? <Rows {...preview} /> : null}
      </>
    );
  }
}

function Rows({ caption, rows, columns }: IPreview): ReactNode {
  return (
    <div className="procore-sheet" role="group" tabIndex={0} aria-label={caption}>
      <table>
        <thead>
          <tr>
            {columns.map(({ name, kind, meaning, number }) => (
              <th
                key={name}
                scope="col"
                title={[kind, meaning].filter(Boolean).join(' · ')}
                className={number ? 'procore-digits' : undefined}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, row) => (
            <tr key={row}>
              {columns.map(({ name, number, cells }) => (
                <td key={name} title={cells[row]} className={number ? 'procore-digits' : undefined}>
                  {cells[row]}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
