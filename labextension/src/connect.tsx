/** The views of a person who isn't signed in: what to connect to, the form, and the sign-in that is pending. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';

import type { IForm, ISession } from './answers.js';
import type { PanelModel } from './model.js';

export interface IView {
  model: PanelModel;
  trans: TranslationBundle;
}

const PORTAL = 'https://developers.procore.com';

/** A line that says what went wrong, and that a screen reader speaks at once. */
export function Problem({ text, id }: { text: string; id?: string }): ReactNode {
  return text ? (
    <p className="procore-error" role="alert" id={id}>
      {text}
    </p>
  ) : null;
}

/** What a person may connect to. */
export function Offer({ model, trans }: IView): ReactNode {
  const { state, session, working, error } = model.shown;
  const offers = state?.offers;
  const busy = working !== '';
  const others = offers?.saved.filter(name => !(offers.known && name.toLowerCase() === 'default')) ?? [];
  const problem = error?.text || offers?.problem || '';
  return (
    <div className="procore-view">
      <h2 className="procore-title">{trans.__('Connect to Procore')}</h2>
      {session?.problem && !problem ? <p>{session.problem}</p> : null}
      {offers?.known ? null : (
        <p className="procore-soft">
          {trans.__('Sign in with your company’s app, and your projects and tables stand here.')}
        </p>
      )}
      <Problem text={problem} />
      <div className="procore-acts">
        <button className="procore-main" disabled={busy} onClick={() => void model.connect('')}>
          {busy ? trans.__(working) : trans.__('Connect')}
        </button>
        {others.map(name => (
          <button
            key={name}
            className="procore-second"
            disabled={busy}
            onClick={() => void model.connect(name)}
          >
            {trans.__('Connect to “%1”', name)}
          </button>
        ))}
        {offers?.demo ? (
          <button
            className="procore-second"
            disabled={busy}
            onClick={() => void model.connect('Profile=Demo')}
          >
            {trans.__('Try the demo')}
          </button>
        ) : null}
      </div>
      {offers?.demo ? (
        <p className="procore-tip">
          {trans.__('The demo is a stand-in with invented projects on this computer; it needs no account.')}
        </p>
      ) : null}
    </div>
  );
}

/** What was typed into the form, but for the secret: it outlives a look at another panel. */
export type Draft = Partial<Record<'environment' | 'client_id' | 'company_id' | 'save_as', string>>;

const FIELD_OF: Record<string, string> = {
  Environment: 'environment',
  OAuthClientId: 'client_id',
  OAuthClientSecret: 'client_secret',
  CompanyId: 'company_id'
};

/** The form that asks for the app. The secret is read from its field once, and never in the model or in this view. */
export function ConnectForm({ model, trans, draft }: IView & { draft: Draft }): ReactNode {
  const form = model.shown.session?.form;
  const secret = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<Draft>(draft);
  if (!form) {
    return null;
  }
  const { error, working } = model.shown;
  const busy = working !== '';
  const about = error ? (FIELD_OF[error.about] ?? '') : '';
  const value = (name: keyof Draft): string => typed[name] ?? offered(form, model, name);
  const type = (name: keyof Draft, text: string): void => {
    draft[name] = text;
    setTyped({ ...typed, [name]: text });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const client_secret = secret.current?.value ?? '';
    if (secret.current) {
      secret.current.value = '';
    }
    const fields = { environment: value('environment'), client_id: value('client_id'), client_secret };
    void model.submit({ ...fields, company_id: value('company_id'), save_as: value('save_as') });
  };
  const field = (name: string, label: string, input: ReactNode, hint = ''): ReactNode => (
    <div className="procore-field">
      <label htmlFor={`procore-${name}`}>{label}</label>
      {input}
      {about === name && error ? <Problem text={error.text} id={`procore-wrong-${name}`} /> : null}
      {hint ? <div className="procore-tip">{hint}</div> : null}
    </div>
  );
  const common = (name: string): object => ({
    id: `procore-${name}`,
    className: 'procore-input',
    autoComplete: 'off',
    ...(about === name ? { 'aria-invalid': true, 'aria-describedby': `procore-wrong-${name}` } : {})
  });
  const kept = (name: keyof Draft): object => ({
    ...common(name),
    spellCheck: false,
    value: value(name),
    onChange: (event: { target: { value: string } }) => type(name, event.target.value)
  });
  return (
    <form className="procore-view" onSubmit={submit} aria-label={trans.__('Connect to Procore')}>
      <h2 className="procore-title">{trans.__('Connect to Procore')}</h2>
      <p className="procore-soft">
        {trans.__('Enter your app’s Client ID and Client Secret once. You’ll find both on its page in the')}{' '}
        <a href={PORTAL} target="_blank" rel="noopener noreferrer">
          {trans.__('Developer Portal')}
        </a>
        .
      </p>
      {form.environments.length > 0
        ? field(
            'environment',
            trans.__('Environment'),
            <select {...kept('environment')}>
              {form.environments.map(([name, title]) => (
                <option key={name} value={name}>
                  {title}
                </option>
              ))}
            </select>
          )
        : null}
      {field('client_id', trans.__('Client ID'), <input {...kept('client_id')} />)}
      {field(
        'client_secret',
        trans.__('Client Secret'),
        <input {...common('client_secret')} type="password" ref={secret} />
      )}
      {field(
        'company_id',
        trans.__('Company ID'),
        <input {...kept('company_id')} />,
        trans.__('Optional: you can choose the company later.')
      )}
      {field(
        'save_as',
        trans.__('Save as'),
        <input {...kept('save_as')} />,
        trans.__('Saved once you have signed in. Empty: not saved.')
      )}
      <div className="procore-field">
        <span className="procore-heading">{trans.__('Redirect URI')}</span>
        <Copied text={form.redirect_uri} trans={trans} />
        <div className="procore-tip">{trans.__('Add exactly this one on your app’s page.')}</div>
      </div>
      {about === '' ? <Problem text={error?.text ?? ''} /> : null}
      <div className="procore-acts">
        <button type="submit" className="procore-main" disabled={busy}>
          {busy ? trans.__(working) : trans.__('Connect')}
        </button>
        <button type="button" className="procore-second" onClick={() => void model.cancel()}>
          {trans.__('Cancel')}
        </button>
      </div>
    </form>
  );
}

function offered(form: IForm, model: PanelModel, name: keyof Draft): string {
  const wanted = model.defaults.environment;
  if (name === 'environment' && form.environments.some(([one]) => one === wanted)) {
    return wanted;
  }
  return form[name];
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
export function Waiting({ model, trans }: IView): ReactNode {
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
  const pending = signIn.state === 'waiting';
  return (
    <div className="procore-view">
      <h2 className="procore-title">{session.place}</h2>
      {pending ? (
        <>
          <p>
            <SignInLink url={signIn.url} trans={trans} />
          </p>
          <p className="procore-soft">{trans.__('opens %1 in a new tab', signIn.host)}</p>
          <div className="procore-row">
            <span>
              {trans.__('Waiting for your sign-in …')}{' '}
              <span className="procore-timer" role="timer">
                {clock(left)}
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

/** The link to Procore's page; an address of another kind is no link. */
function SignInLink({ url, trans }: { url: string; trans: TranslationBundle }): ReactNode {
  return /^https?:/.test(url) ? (
    <a className="procore-main" href={url} target="_blank" rel="noopener noreferrer">
      {trans.__('Sign in to Procore')} ↗
    </a>
  ) : null;
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
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

/** Return who is to be shown as signed in. */
export function whoIs(session: ISession, trans: TranslationBundle): string {
  return session.user || (session.state === 'no sign-in' ? trans.__('No sign-in') : trans.__('Signed in'));
}
