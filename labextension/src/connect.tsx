/** The views of a person who isn't signed in: what to connect to, with the form, and the sign-in that is pending. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';

import type { IForm } from './answers.js';
import type { IPanel, PanelModel } from './model.js';

const PORTAL = 'https://developers.procore.com';

/** A line that says what went wrong, and that a screen reader speaks at once. */
export function Problem({ text, id }: { text: string; id?: string }): ReactNode {
  return text ? (
    <p className="procore-error" role="alert" id={id}>
      {text}
    </p>
  ) : null;
}

/** Wait for a connection; where a person has to sign in, show them Procore's page. A browser that forbids it leaves the link. */
async function connected(model: PanelModel, connection: Promise<boolean>): Promise<void> {
  const signIn = (await connection) ? model.shown.session?.sign_in : null;
  if (signIn && !signIn.paste_only && isLink(signIn.url)) {
    const tab = window.open('about:blank');
    if (tab !== null) {
      tab.opener = null;
      tab.location.href = signIn.url;
    }
  }
}

/** Tell whether an address is one of a page; one of another kind is no link. */
function isLink(url: string): boolean {
  return /^https?:/.test(url);
}

/** What a person may connect to. */
export function Offer({ model, trans }: IPanel): ReactNode {
  const { state, session, working, error } = model.shown;
  const offers = state?.offers;
  const form = session?.form ?? offers?.form;
  const others = offers?.saved.filter(name => form || name.toLowerCase() !== 'default') ?? [];
  const problem = form && error?.about ? '' : (error?.text ?? offers?.problem ?? '');
  const button = (text: string, to: string, kind = 'procore-second'): ReactNode => (
    <button
      key={to}
      className={kind}
      data-procore-first={to === '' ? true : undefined}
      disabled={working !== ''}
      onClick={() => void connected(model, model.connect(to))}
    >
      {text}
    </button>
  );
  return (
    <div className="procore-view">
      <h2 className="procore-title">{trans.__('Connect to Procore')}</h2>
      {session?.problem && !problem ? <p>{session.problem}</p> : null}
      <Problem text={problem} />
      <div className="procore-acts">
        {form ? null : button(trans.__(working || 'Connect'), '', 'procore-main')}
        {others.map(name => button(trans.__('Connect to “%1”', name), name))}
        {offers?.demo ? button(trans.__('Try the demo'), 'Profile=Demo') : null}
      </div>
      {offers?.demo ? (
        <p className="procore-tip">
          {trans.__('The demo is a stand-in with invented projects on this computer; it needs no account.')}
        </p>
      ) : null}
      {form ? <ConnectForm key={model.talk?.id} form={form} panel={{ model, trans }} /> : null}
    </div>
  );
}

interface IConnectForm {
  form: IForm;
  panel: Pick<IPanel, 'model' | 'trans'>;
}

/** The form that asks for the app. What is typed is in its fields alone, and the secret's is emptied when it is read. */
function ConnectForm({ form, panel: { model, trans } }: IConnectForm): ReactNode {
  const { error, working, session } = model.shown;
  const { environment: wanted, callbackUrl } = model.defaults;
  const isOffered = form.environments.some(([name]) => name === wanted);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>;
    const secret = event.currentTarget.elements.namedItem('client_secret') as HTMLInputElement;
    secret.value = '';
    void connected(model, model.submit(fields));
  };
  const field = (name: string, label: string, more: object = {}, hint = ''): ReactNode => {
    const wrong = error?.about === name ? error.text : '';
    const props = {
      id: `procore-${name}`,
      name,
      className: 'procore-input',
      ...(wrong ? { 'aria-invalid': true, 'aria-describedby': `procore-wrong-${name}` } : {}),
      ...more
    };
    return (
      <div className="procore-field">
        <label htmlFor={props.id}>{label}</label>
        {'children' in more ? (
          <select {...props} />
        ) : (
          <input autoComplete="off" spellCheck={false} {...props} />
        )}
        <Problem text={wrong} id={`procore-wrong-${name}`} />
        {hint ? <div className="procore-tip">{hint}</div> : null}
      </div>
    );
  };
  const options = form.environments.map(([name, title]) => (
    <option key={name} value={name}>
      {title}
    </option>
  ));
  return (
    <form onSubmit={submit} aria-label={trans.__('Connect to Procore')}>
      <p className="procore-soft">
        {trans.__('Enter your app’s Client ID and Client Secret once. You’ll find both on its page in the')}{' '}
        <a href={PORTAL} target="_blank" rel="noopener noreferrer">
          {trans.__('Developer Portal')}
        </a>
        .
      </p>
      {options.length > 0
        ? field('environment', trans.__('Environment'), {
            defaultValue: isOffered ? wanted : form.environment,
            children: options
          })
        : null}
      {field('client_id', trans.__('Client ID'), {
        defaultValue: form.client_id,
        'data-procore-first': true
      })}
      {field('client_secret', trans.__('Client Secret'), { type: 'password' })}
      {field(
        'company_id',
        trans.__('Company ID'),
        { defaultValue: form.company_id },
        trans.__('Optional: you can choose the company later.')
      )}
      {field(
        'save_as',
        trans.__('Save as'),
        { defaultValue: form.save_as },
        trans.__('Saved once you have signed in. Empty: not saved.')
      )}
      <div className="procore-field">
        <button type="submit" className="procore-main" disabled={working !== ''}>
          {trans.__(working || 'Connect')}
        </button>{' '}
        {session?.form ? (
          <button type="button" className="procore-second" onClick={() => void model.cancel()}>
            {trans.__('Cancel')}
          </button>
        ) : null}
      </div>
      <div className="procore-field">
        <span className="procore-heading">{trans.__('Redirect URI')}</span>
        <Copied text={callbackUrl || form.redirect_uri} trans={trans} />
        <div className="procore-tip">{trans.__('Add exactly this one on your app’s page.')}</div>
      </div>
    </form>
  );
}

/** A text, and a button that copies it. */
function Copied({ text, trans }: { text: string; trans: TranslationBundle }): ReactNode {
  const [done, setDone] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => setDone(true));
  };
  return (
    <>
      <code className="procore-code">{text}</code>
      <button type="button" className="procore-second" onClick={copy}>
        {done ? trans.__('Copied') : trans.__('Copy')}
      </button>
    </>
  );
}

/** The sign-in that is pending: the link, the time left, and what to do if nothing happens. */
export function Waiting({ model, trans }: IPanel): ReactNode {
  const { session, deadline, error } = model.shown;
  const left = useSecondsUntil(deadline, () => void model.refresh());
  const [said, setSaid] = useState('');
  const signIn = session?.sign_in;
  if (!session || !signIn) {
    return <div className="procore-view">{trans.__('Signing you in …')}</div>;
  }
  const paste = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('address') as HTMLInputElement;
    const text = field.value;
    field.value = '';
    void model.paste(text).then(setSaid);
  };
  return (
    <div className="procore-view">
      <h2 className="procore-title">{session.place}</h2>
      {signIn.state === 'waiting' ? (
        <>
          {isLink(signIn.url) ? (
            <p>
              <a className="procore-main" href={signIn.url} target="_blank" rel="noopener noreferrer">
                {trans.__('Sign in to Procore')} ↗
              </a>
            </p>
          ) : null}
          <p className="procore-soft">{trans.__('opens %1 in a new tab', signIn.host)}</p>
          <div className="procore-row">
            <span>
              {trans.__('Waiting for your sign-in …')}{' '}
              <span className="procore-timer" role="timer">
                {`${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`}
              </span>
            </span>
            <button className="procore-second" onClick={() => void model.cancel()}>
              {trans.__('Cancel')}
            </button>
          </div>
        </>
      ) : (
        <p role="status">{trans.__('Signing you in …')}</p>
      )}
      {signIn.notes.map(note => (
        <p key={note}>{note}</p>
      ))}
      <Problem text={error?.text ?? ''} />
      <details open={signIn.paste_only}>
        <summary>{trans.__('Nothing happened?')}</summary>
        <form className="procore-field" onSubmit={paste}>
          <label htmlFor="procore-address">{trans.__('Paste the address your browser ended on')}</label>
          <input id="procore-address" name="address" className="procore-input" autoComplete="off" />
          <Problem text={said} />
        </form>
        <p className="procore-soft">
          {trans.__('“Redirect URI doesn’t match”? Register exactly this one in the Developer Portal:')}
        </p>
        <Copied text={signIn.redirect_uri} trans={trans} />
      </details>
    </div>
  );
}

/** Return the seconds until a moment, counted down while the view is shown; `over` is called once at the end. */
function useSecondsUntil(moment: number, over: () => void): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= moment) {
        clearInterval(timer);
        over();
      }
    }, 1000);
    return () => clearInterval(timer);
  }, [moment]);
  return Math.max(0, Math.round((moment - now) / 1000));
}
