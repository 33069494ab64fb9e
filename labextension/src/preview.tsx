/** The first rows of a table, below the notebook: a grid, or the same as an HTML table for whoever hears it or copies from it. */

import { ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  BasicKeyHandler,
  BasicMouseHandler,
  BasicSelectionModel,
  DataGrid,
  DataModel,
  TextRenderer
} from '@lumino/datagrid';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import {
  type FormEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState
} from 'react';

import type { IPreview, ITable } from './answers.js';
import { Problem } from './connect.js';
import { tableCall, tableCell } from './code.js';
import type { PanelModel } from './model.js';
import type { IActions } from './tree.js';

/** Widths in pixels: what stands around a text, and the most that a column takes. */
const AROUND = 20;
const WIDEST = 320;
/** Height of a row in pixels. */
const ROW = 24;

/** The rows as the grid asks for them. */
class TextModel extends DataModel {
  constructor(private readonly preview: IPreview) {
    super();
  }

  override rowCount(region: DataModel.RowRegion): number {
    return region === 'body' ? this.preview.rows : 1;
  }

  override columnCount(region: DataModel.ColumnRegion): number {
    return region === 'body' ? this.preview.columns.length : 0;
  }

  override data(region: DataModel.CellRegion, row: number, column: number): string {
    const found = this.preview.columns[column];
    return (region === 'column-header' ? found?.name : found?.cells[row]) ?? '';
  }
}

export class PreviewWidget extends ReactWidget {
  constructor(
    private readonly model: PanelModel,
    private readonly actions: IActions,
    private readonly trans: TranslationBundle
  ) {
    super();
    this.id = 'procore-preview';
    this.title.closable = true;
    this.addClass('procore-preview');
    this.node.dataset.procoreState = 'empty';
  }

  private table: ITable | null = null;
  private preview: IPreview | null = null;
  private stop: AbortController | null = null;
  private waiting = '';
  private wrong = '';
  private asText = false;
  private widths = new Map<string, number>();

  /** Show the first rows of a table: at once, if nothing has to be said first. */
  async showTable(name: string): Promise<void> {
    this.stop?.abort();
    const table = await this.model.open(name);
    if (table === null) {
      return;
    }
    this.table = table;
    this.preview = null;
    this.wrong = '';
    this.title.label = table.title || table.name;
    this.title.caption = this.trans.__('The first rows of %1', table.name);
    if (table.required.length > 0) {
      this.put();
    } else {
      await this.ask({});
    }
  }

  override dispose(): void {
    this.stop?.abort();
    super.dispose();
  }

  private async ask(parameters: Record<string, string>): Promise<void> {
    const { table, model } = this;
    if (table === null) {
      return;
    }
    const stop = new AbortController();
    this.stop = stop;
    this.wrong = this.waiting = '';
    this.put();
    const waiting = (what: string): void => {
      this.waiting = what;
      this.put();
    };
    try {
      const preview = await model.preview(table.name, parameters, { stop: stop.signal, waiting });
      if (this.stop === stop) {
        this.preview = preview;
      }
    } catch (error) {
      if (this.stop === stop) {
        this.wrong = error instanceof Error && error.message ? error.message : String(error);
      }
    }
    if (this.stop === stop) {
      this.stop = null;
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
    const { table, preview, trans, actions, model } = this;
    if (table === null) {
      return null;
    }
    const session = model.shown.session;
    const name = model.shown.state?.name ?? 'procore';
    const submit = (event: FormEvent<HTMLFormElement>): void => {
      event.preventDefault();
      const given = [...new FormData(event.currentTarget)].map(([one, value]) => [one, String(value).trim()]);
      void this.ask(Object.fromEntries(given.filter(([, value]) => value !== '')) as Record<string, string>);
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
            {this.stop
              ? this.waiting || trans.__('Asking for the first rows of %1 …', table.name)
              : (preview?.caption ?? table.name)}
          </span>
          {this.stop ? (
            <button className="procore-main" onClick={() => this.stop?.abort()}>
              {trans.__('Stop')}
            </button>
          ) : null}
          {preview && session ? (
            <>
              {button(trans.__('Insert'), () => actions.insert(tableCall(table, session, name)))}
              {button(trans.__('New cell'), () => actions.newCell(tableCell(table, session, name)))}
              <button
                className="procore-second"
                aria-pressed={this.asText}
                onClick={() => {
                  this.asText = !this.asText;
                  this.update();
                }}
              >
                {trans.__('As text')}
              </button>
            </>
          ) : null}
          {table.required.length > 0 && !this.stop ? (
            <form className="procore-acts" onSubmit={submit}>
              {table.required.map(([one, takes]) => (
                <label key={one}>
                  {one} <input className="procore-input" name={one} placeholder={takes} title={takes} />
                </label>
              ))}
              <button className="procore-main">{trans.__('Show rows')}</button>
            </form>
          ) : null}
        </div>
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
        <div className="procore-preview-rows">
          {preview === null ? null : this.asText || preview.rows === 0 ? (
            <AsText preview={preview} trans={trans} />
          ) : (
            <Grid preview={preview} trans={trans} widths={this.widths} table={table.name} />
          )}
        </div>
      </>
    );
  }
}

interface IRows {
  preview: IPreview;
  trans: TranslationBundle;
}

function AsText({ preview, trans }: IRows): ReactNode {
  if (preview.rows === 0) {
    return <div className="procore-view procore-soft">{trans.__('No rows.')}</div>;
  }
  return (
    <div className="procore-preview-text" role="group" tabIndex={0} aria-label={preview.caption}>
      <table>
        <caption className="procore-live">{preview.caption}</caption>
        <thead>
          <tr>
            {preview.columns.map(({ name, kind, meaning }) => (
              <th key={name} scope="col" title={[kind, meaning].filter(Boolean).join(' · ')}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: preview.rows }, (_, row) => (
            <tr key={row}>
              {preview.columns.map(({ name, number, cells }) => (
                <td key={name} className={number ? 'procore-digits' : undefined}>
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

/** The grid draws on a canvas, in the colours that the theme has at that moment. */
function Grid({
  preview,
  trans,
  widths,
  table
}: IRows & { widths: Map<string, number>; table: string }): ReactNode {
  const node = useRef<HTMLDivElement>(null);
  const [theme, setTheme] = useState(document.body.dataset.jpThemeName);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.body.dataset.jpThemeName));
    observer.observe(document.body, { attributeFilter: ['data-jp-theme-name'] });
    return () => observer.disconnect();
  }, []);
  // Before the page loses the host: a widget has to be detached while it stands there.
  useLayoutEffect(() => {
    const host = node.current;
    if (host === null) {
      return;
    }
    const grid = gridOf(preview, table, widths);
    Widget.attach(grid, host);
    const observer = new ResizeObserver(() =>
      MessageLoop.sendMessage(grid, Widget.ResizeMessage.UnknownSize)
    );
    observer.observe(host);
    return () => {
      observer.disconnect();
      preview.columns.forEach(({ name }, index) =>
        widths.set(`${table} ${name}`, grid.columnSize('body', index))
      );
      Widget.detach(grid);
      grid.dispose();
    };
  }, [preview, theme]);
  const label = trans.__('%1 rows of %2, a drawing; “As text” shows them as a table', preview.rows, table);
  return <div ref={node} role="group" aria-label={label} className="procore-grid" />;
}

function gridOf(preview: IPreview, table: string, widths: Map<string, number>): DataGrid {
  const style = getComputedStyle(document.body);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const font = `${colour('--jp-ui-font-size1') || '13px'} ${colour('--jp-ui-font-family') || 'sans-serif'}`;
  const line = colour('--jp-border-color2');
  const grid = new DataGrid({
    defaultSizes: { rowHeight: ROW, columnWidth: 120, rowHeaderWidth: 0, columnHeaderHeight: ROW },
    headerVisibility: 'column',
    stretchLastColumn: false,
    style: {
      voidColor: colour('--jp-layout-color1'),
      backgroundColor: colour('--jp-layout-color1'),
      gridLineColor: line,
      headerBackgroundColor: colour('--jp-layout-color2'),
      headerGridLineColor: line,
      selectionFillColor: 'rgba(3, 169, 244, 0.2)',
      selectionBorderColor: colour('--jp-brand-color1'),
      cursorBorderColor: colour('--jp-brand-color1')
    }
  });
  const numbers = preview.columns.map(({ number }) => number);
  const text = (weight: string): TextRenderer =>
    new TextRenderer({
      font: `${weight} ${font}`,
      textColor: colour('--jp-ui-font-color1'),
      horizontalAlignment: ({ column }) => (numbers[column] ? 'right' : 'left'),
      elideDirection: 'right'
    });
  grid.cellRenderers.update({ body: text('normal'), 'column-header': text('bold') });
  grid.dataModel = new TextModel(preview);
  grid.selectionModel = new BasicSelectionModel({ dataModel: grid.dataModel });
  grid.keyHandler = new BasicKeyHandler();
  grid.mouseHandler = new BasicMouseHandler();
  grid.copyConfig = {
    separator: '\t',
    headers: 'column',
    format: DataGrid.copyFormatGeneric,
    warningThreshold: 1e6
  };
  const canvas = document.createElement('canvas').getContext('2d');
  const measured = (text: string, weight: string): number => {
    if (canvas === null) {
      return WIDEST;
    }
    canvas.font = `${weight} ${font}`;
    return canvas.measureText(text).width + AROUND;
  };
  preview.columns.forEach(({ name, cells }, index) => {
    const longest = cells.reduce((most, one) => (one.length > most.length ? one : most), '');
    const fitting = Math.min(WIDEST, Math.max(measured(name, 'bold'), measured(longest, 'normal')));
    grid.resizeColumn('body', index, widths.get(`${table} ${name}`) ?? fitting);
  });
  return grid;
}
