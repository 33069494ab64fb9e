/**
 * Highlights a cell that is a query as SQL. JupyterLab highlights by the MIME type that an editor's model has while the page
 * is open: nothing of it is saved, undone or shared, and Tab still asks the kernel.
 */

import type { IEditorExtensionFactory, IEditorExtensionRegistry } from '@jupyterlab/codemirror';

type Model = IEditorExtensionFactory.IOptions['model'];

/** What a cell that is a query begins with; the line magic is one only where it stands alone. */
const QUERY = /^\s*%(%procore_sql\b|procore_sql\b.*\s*$)/;
const PYTHON = /^text\/x-i?python$/;
/** Standard SQL takes the fewest names of columns for words of its own: PostgreSQL's dialect does so with `id` and `number`. */
const SQL = 'text/x-sql';

/** Look at each editor that JupyterLab makes from now on, be it of a notebook or of a console. */
export function highlightQueries(editors: IEditorExtensionRegistry): void {
  const followed = new WeakSet<Model>();
  editors.addExtension({
    name: 'procore-jupyter:highlighting',
    factory: ({ model }) => {
      // A notebook makes another editor of the same model whenever a cell is scrolled to.
      if (!followed.has(model)) {
        followed.add(model);
        follow(model);
      }
      return null;
    }
  });
}

function follow(model: Model): void {
  let python = ''; // what the model was before it was SQL
  const look = (): void => {
    const isQuery = QUERY.test(model.sharedModel.getSource());
    if (isQuery && PYTHON.test(model.mimeType)) {
      python = model.mimeType;
      model.mimeType = SQL;
    } else if (!isQuery && python && model.mimeType === SQL) {
      model.mimeType = python;
    }
  };
  model.mimeTypeChanged.connect(look); // the kernel has told its language, or another one
  model.sharedModel.changed.connect((_, { sourceChange }) => sourceChange && look());
  look();
}
