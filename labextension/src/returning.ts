/**
 * Closing the loop: the page that Procore sends the browser back to says so on a channel, and
 * JupyterLab tells the person that the notebook is theirs again.
 *
 * The channel reaches every page of this origin, and any of them may post on it. So a message is
 * only ever a hint: it holds one word, it picks one of three fixed sentences, and nothing is done
 * upon it. Whether the sign-in succeeded is known to the kernel alone.
 */

import { Notification } from '@jupyterlab/apputils';

const CHANNEL = 'procore-jupyter';
const SHOWN_FOR = 6000; // ms

const SENTENCES = {
  received: 'Signed in to Procore: you are back in your notebook.',
  denied: 'Not signed in: you chose Deny on Procore’s page. Run the cell again to try once more.',
  failed: 'Not signed in to Procore. Run the cell again to try once more.'
} as const;

type Status = keyof typeof SENTENCES;

/** Listen for callback pages, for as long as this JupyterLab page lives. */
export function tellWhenBack(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const status = statusOf(data);
    if (status) {
      Notification.emit(SENTENCES[status], status === 'received' ? 'success' : 'warning', {
        autoClose: SHOWN_FOR
      });
      // The page may now say that the notebook knows. Other JupyterLab pages hear this too: to them
      // it is no status, so it goes no further.
      channel.postMessage({ status: 'seen' });
    }
  };
}

/** Return the status that a message tells; null for anything that is not exactly `{status}`. */
export function statusOf(data: unknown): Status | null {
  if (typeof data !== 'object' || data === null || Object.keys(data).length !== 1) {
    return null;
  }
  const status: unknown = (data as { status?: unknown }).status;
  return typeof status === 'string' && Object.hasOwn(SENTENCES, status) ? (status as Status) : null;
}
