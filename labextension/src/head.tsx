/** The head of the panel once somebody is signed in: who, which company, which project, and how much of the limit is left. */

import { refreshIcon } from '@jupyterlab/ui-components';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';

import type { IProjects, ISession, Named } from './answers.js';
import { type IView, Problem, whoIs } from './connect.js';

/** Milliseconds after a keystroke before projects are looked for. */
const PAUSE = 120;

export function Head({ model, trans, addLine }: IView & { addLine: (() => void) | null }): ReactNode {
  const { session, state, working, error } = model.shown;
  if (!session || !state) {
    return null;
  }
  const facts = [
    session.place,
    session.renewal,
    session.rate
      ? trans.__('%1 of %2 requests left', session.rate[0].toLocaleString(), session.rate[1].toLocaleString())
      : ''
  ].filter(Boolean);
  return (
    <div className="procore-head">
      <div className="procore-who">
        <h2 className="procore-title" title={session.login || undefined}>
          {whoIs(session, trans)}
        </h2>
        <button
          className="procore-bare"
          title={trans.__('Look again')}
          aria-label={trans.__('Look again')}
          onClick={() => void model.refresh()}
        >
          <refreshIcon.react tag="span" width="16px" />
        </button>
        {session.state === 'signed in' ? (
          <button className="procore-bare" style={{ lineHeight: 1.5 }} onClick={() => void model.signOut()}>
            {trans.__('Sign out')}
          </button>
        ) : null}
      </div>
      <div className="procore-facts">
        <span className="procore-done" aria-hidden="true">
          ✓{' '}
        </span>
        {facts.join(' · ')}
      </div>
      <div className="procore-pickers">
        {state.sessions.length > 1 ? (
          <Choice
            label={trans.__('Session')}
            value={state.name}
            options={state.sessions.map(name => [name, name])}
            onChange={name => void model.choose(name)}
          />
        ) : null}
        {session.companies.length > 0 ? (
          <Choice
            label={trans.__('Company')}
            value={String(session.company?.[0] ?? '')}
            options={[
              ...(session.company ? [] : [['', trans.__('Choose …')] as [string, string]]),
              ...session.companies.map(([id, name]): [string, string] => [String(id), name || String(id)])
            ]}
            onChange={id => void model.use({ company: Number(id) })}
          />
        ) : null}
        {session.company ? <ProjectPicker model={model} trans={trans} session={session} /> : null}
      </div>
      {session.problem ? <Problem text={session.problem} /> : null}
      <Problem text={error?.text ?? ''} />
      <div role="status" className="procore-tip">
        {working ? trans.__(working) : ''}
      </div>
      {session.notices.map(notice => (
        <p key={notice} className="procore-tip">
          {notice.replaceAll('`', '')}
        </p>
      ))}
      {addLine ? (
        <div className="procore-tip procore-line">
          <span>{trans.__('This notebook doesn’t connect by itself yet.')}</span>
          <button className="procore-second" onClick={addLine}>
            {trans.__('Add the line')}
          </button>
        </div>
      ) : null}
    </div>
  );
}

interface IChoice {
  label: string;
  value: string;
  options: [value: string, text: string][];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: IChoice): ReactNode {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        className="procore-input"
        value={value}
        onChange={event => onChange(event.target.value)}
      >
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </>
  );
}

/** The field in which a project is found by its name or number: typed into, it lists those there are. */
function ProjectPicker({ model, trans, session }: IView & { session: ISession }): ReactNode {
  const id = useId();
  const [search, setSearch] = useState<string | null>(null);
  const [found, setFound] = useState<IProjects | null>(null);
  const [wrong, setWrong] = useState('');
  const [active, setActive] = useState(0);
  const name = session.project ? session.project[1] || String(session.project[0]) : '';
  const isOpen = search !== null;

  useEffect(() => {
    if (search === null) {
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(
      () => {
        model.projects(search, { stop: stop.signal }).then(
          answer => {
            if (!stop.signal.aborted) {
              setFound(answer);
              setActive(0);
            }
          },
          (error: Error) => {
            if (!stop.signal.aborted) {
              setWrong(error.message);
            }
          }
        );
      },
      search === '' ? 0 : PAUSE
    );
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [search, session.company?.[0]]);

  const close = (): void => {
    setSearch(null);
    setWrong('');
  };
  const choose = ([number]: Named): void => {
    close();
    void model.use({ project: number });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const projects = found?.projects ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setSearch(search ?? '');
      setActive(Math.max(0, Math.min(projects.length - 1, active + (isOpen ? step : 0))));
    } else if (event.key === 'Enter' && isOpen && projects[active]) {
      event.preventDefault();
      choose(projects[active]);
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      close();
    }
  };
  return (
    <>
      <label htmlFor={id}>{trans.__('Project')}</label>
      <div className="procore-combo">
        <input
          id={id}
          className="procore-input"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-activedescendant={isOpen && found?.projects[active] ? `${id}-${active}` : undefined}
          placeholder={trans.__('Find a project …')}
          value={search ?? name}
          onFocus={event => {
            setSearch('');
            event.target.select();
          }}
          onBlur={close}
          onChange={event => setSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isOpen ? (
          <ul id={`${id}-list`} role="listbox" aria-label={trans.__('Projects')}>
            {(found?.projects ?? []).map((project, index) => (
              <li
                key={project[0]}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                // Before the field loses the focus, and with it this list.
                onMouseDown={event => {
                  event.preventDefault();
                  choose(project);
                }}
              >
                {project[1] || project[0]}
              </li>
            ))}
          </ul>
        ) : null}
        {isOpen ? (
          <div className="procore-live" role="status">
            {wrong || told(found, trans)}
          </div>
        ) : null}
        <Problem text={wrong} />
      </div>
    </>
  );
}

function told(found: IProjects | null, trans: IView['trans']): string {
  if (found === null) {
    return trans.__('Looking …');
  }
  return trans.__('%1 of %2 projects', found.found, found.all) + (found.lack ? ` ${found.lack}` : '');
}
