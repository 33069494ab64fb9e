/**
 * The way back: the page that Procore sends the browser to posts on a channel, and JupyterLab tells
 * the person that they are back in their notebook.
 *
 * The channel reaches every page of this origin, and any of them may post on it. So a message is
 * only a hint: it holds one word, which selects one of three fixed sentences, and it causes no other
 * action. Only the kernel knows whether the login has succeeded.
 */

import { Notification } from '@jupyterlab/apputils';

/** The channel on which the page of the callback says that the browser is back. */
export const CHANNEL = 'procore-jupyter';
/** Milliseconds that the notification is shown. */
const SHOWN_FOR = 6000;

const SENTENCES = {
  received: 'Procore’s answer has arrived: your notebook finishes the sign-in.',
  denied: 'Not signed in: you chose Deny on Procore’s page. Run %procore_connect again to try again.',
  failed: 'Not signed in to Procore. Run %procore_connect again to try again.'
} as const;

type Status = keyof typeof SENTENCES;

/** Listen for callback pages as long as this JupyterLab page is open. */
export function tellWhenBack(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    const status = statusOf(data);
    if (status) {
      Notification.emit(SENTENCES[status], status === 'received' ? 'info' : 'warning', {
        autoClose: SHOWN_FOR
      });
      // The callback page may now say that the notebook has heard. Other JupyterLab pages receive
      // this message too, and ignore it: to them it is no status.
      channel.postMessage({ status: 'seen' });
    }
  };
}

/** Return the status in a message; null for anything but an object with a known `status` alone. */
export function statusOf(data: unknown): Status | null {
  if (typeof data !== 'object' || data === null || Object.keys(data).length !== 1) {
    return null;
  }
  const status: unknown = (data as { status?: unknown }).status;
  return typeof status === 'string' && Object.hasOwn(SENTENCES, status) ? (status as Status) : null;
}
