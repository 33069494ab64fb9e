/**
 * Completes the name of a magic of ours by the line that loads it, in a Python kernel that has the package and hasn't loaded
 * it: people begin with `%procore_connect`, and are told nothing but that there is no such magic.
 */

import type { CompletionHandler, ICompletionContext, ICompletionProvider } from '@jupyterlab/completer';

const LINE = '%load_ext procore_jupyter';
/** Whether the package is there, and its magics aren't. */
const ASKED =
  "__import__('importlib.util').util.find_spec('procore_jupyter') is not None" +
  " and get_ipython().find_line_magic('procore_connect') is None";

type Reply = CompletionHandler.ICompletionItemsReply;

export class LoadingProvider implements ICompletionProvider {
  readonly identifier = 'procore-jupyter:loading';
  readonly rank = 600; // above the kernel's own

  isApplicable(context: ICompletionContext): Promise<boolean> {
    return Promise.resolve(Boolean(context.session?.kernel));
  }

  async fetch({ text, offset }: CompletionHandler.IRequest, context: ICompletionContext): Promise<Reply> {
    const typed = /(?:^|\n)[ \t]*(%%?proc\w*)$/.exec(text.slice(0, offset))?.[1] ?? '';
    const start = offset - typed.length;
    // A cell's magic has to be its first line: it goes, and comes back when the line has run.
    const isCell = typed.startsWith('%%');
    const fits = typed && (!isCell || text.trim() === typed);
    if (!fits || !(await isToLoad(context))) {
      return { start: offset, end: offset, items: [] };
    }
    const insertText = isCell ? LINE : `${LINE}\n${typed}`;
    return { start, end: offset, items: [{ label: `${typed} after ${LINE}`, insertText, type: 'magic' }] };
  }
}

async function isToLoad({ session }: ICompletionContext): Promise<boolean> {
  const kernel = session?.kernel;
  if (!kernel || (await kernel.info).language_info.name !== 'python') {
    return false;
  }
  const { content } = await kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    user_expressions: { asked: ASKED },
    allow_stdin: false
  }).done;
  const found = content.status === 'ok' ? (content.user_expressions['asked'] as { data?: object }) : {};
  return JSON.stringify(found?.data ?? {}).includes('True');
}
