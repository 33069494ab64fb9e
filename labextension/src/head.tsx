/** The head of the panel once somebody is signed in: who, which company, which project, and how much of the limit is left. */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useState } from 'react';

import type { IProjects, Named } from './answers.js';
import { Problem } from './connect.js';
import type { IHow } from './kernel.js';
import type { IPanel } from './model.js';

/** Milliseconds after a keystroke before something is looked for. */
const PAUSE = 120;

export function Head({ panel }: { panel: IPanel }): ReactNode {
  const { model, trans, actions } = panel;
  const { session, state, working, error } = model.shown;
  if (!session || !state) {
    return null;
  }
  const { company, companies, project, rate, notices, line } = session;
  const facts = [
    session.place,
    company && companies.length < 2 ? nameOf(company) : '',
    session.renewal,
    rate ? trans.__('%1 of %2 requests left', rate[0].toLocaleString(), rate[1].toLocaleString()) : ''
  ];
  return (
    <div className="procore-head">
      <div className="procore-who">
        <h2 className="procore-title" title={session.login || undefined}>
          {session.user || (session.state === 'no sign-in' ? trans.__('No sign-in') : trans.__('Signed in'))}
        </h2>
        {session.state === 'signed in' ? (
          <button className="procore-bare" onClick={() => void model.signOut()}>
            {trans.__('Sign out')}
          </button>
        ) : null}
      </div>
      <div className="procore-facts">
        <span className="procore-done" aria-hidden="true">
          ✓{' '}
        </span>
        {facts.filter(Boolean).join(' · ')}
      </div>
      <div className="procore-pickers">
        {state.sessions.length > 1 ? (
          <Picker
            label={trans.__('Session')}
            chosen={state.name}
            find={among(state.sessions.map((name, index) => [index, name]))}
            choose={index => void model.choose(state.sessions[index] ?? state.name)}
          />
        ) : null}
        {companies.length > 1 ? (
          <Picker
            label={trans.__('Company')}
            hint={trans.__('Choose one of %1', companies.length)}
            chosen={company ? nameOf(company) : ''}
            find={among(companies)}
            choose={id => void model.use({ company: id })}
          />
        ) : null}
        {company ? (
          <Picker
            key={company[0]}
            label={trans.__('Project')}
            hint={trans.__('Find a project …')}
            chosen={project ? nameOf([project[0], project[1]]) : ''}
            find={async (search, how) => {
              const { projects, found, all, lack } = await model.ask<IProjects>('projects', { search }, how);
              return { options: projects, said: `${trans.__('%1 of %2 projects', found, all)} ${lack}` };
            }}
            choose={id => void model.use({ project: id })}
          />
        ) : null}
      </div>
      <Problem text={session.problem} />
      <Problem text={error?.text ?? ''} />
      <div role="status" className="procore-tip">
        {trans.__(working)}
      </div>
      {notices.map(notice => (
        <p key={notice} className="procore-tip">
          {notice.replaceAll('`', '')}
        </p>
      ))}
      {actions.connects() ? null : (
        <div className="procore-tip procore-line">
          <span>{trans.__('This notebook doesn’t connect by itself yet.')}</span>
          <button className="procore-second" onClick={() => actions.addLine(line)}>
            {trans.__('Add the line')}
          </button>
        </div>
      )}
    </div>
  );
}

function nameOf([id, name]: Named): string {
  return name || String(id);
}

/** Tell whether others have the same name, so that the name alone doesn't say which is meant. */
function isTwin([id, name]: Named, all: Named[]): boolean {
  return name !== '' && all.some(other => other[1] === name && other[0] !== id);
}

interface IFound {
  options: Named[];
  /** What is to be said of them, such as how many there are. */
  said: string;
}

type Find = (search: string, how: IHow) => Promise<IFound>;

/** Return what finds those whose name holds the words. */
function among(all: Named[]): Find {
  return async search => {
    const words = search.toLowerCase().split(/\s+/);
    const options = all.filter(one => words.every(word => one.join(' ').toLowerCase().includes(word)));
    return { options, said: '' };
  };
}

interface IPicker {
  label: string;
  hint?: string;
  /** The name of what is chosen; empty for nothing, and then the field is what comes first. */
  chosen: string;
  find: Find;
  choose: (id: number) => void;
}

/** A field that lists what there is as soon as it has the focus, and finds in it what is typed. */
function Picker({ label, hint, chosen, find, choose }: IPicker): ReactNode {
  const id = useId();
  const [search, setSearch] = useState<string | null>(null);
  const [found, setFound] = useState<IFound>({ options: [], said: '…' });
  const [active, setActive] = useState(0);
  const isOpen = search !== null;
  const { options, said } = found;

  useEffect(() => {
    if (search === null) {
      return;
    }
    const stop = new AbortController();
    const look = async (): Promise<void> => {
      const answer = await find(search, { stop: stop.signal }).catch((error: Error) => ({
        options: [],
        said: error.message
      }));
      if (!stop.signal.aborted) {
        setFound(answer);
        setActive(0);
      }
    };
    const timer = setTimeout(() => void look(), search === '' ? 0 : PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [search]);

  const take = ([number]: Named): void => {
    setSearch(null);
    choose(number);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const meant = options[active];
    if (step !== undefined) {
      event.preventDefault();
      setSearch(search ?? '');
      setActive(Math.max(0, Math.min(options.length - 1, active + (isOpen ? step : 0))));
    } else if (event.key === 'Enter' && isOpen && meant) {
      event.preventDefault();
      take(meant);
    } else if (event.key === 'Escape' && isOpen) {
      event.stopPropagation();
      setSearch(null);
    }
  };
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <div className="procore-picker">
        <input
          id={id}
          className="procore-input"
          role="combobox"
          autoComplete="off"
          spellCheck={false}
          data-procore-first={chosen === '' ? true : undefined}
          aria-expanded={isOpen}
          aria-controls={`${id}-list`}
          aria-activedescendant={isOpen && options[active] ? `${id}-${active}` : undefined}
          placeholder={hint}
          value={search ?? chosen}
          onFocus={() => setSearch('')}
          onClick={() => setSearch(search ?? '')}
          onBlur={() => setSearch(null)}
          onChange={event => setSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isOpen ? (
          // Before the field loses the focus, and with it this list.
          <div className="procore-options" onMouseDown={event => event.preventDefault()}>
            <ul id={`${id}-list`} role="listbox" aria-label={label}>
              {options.map((option, index) => (
                <li
                  key={option[0]}
                  id={`${id}-${index}`}
                  role="option"
                  aria-selected={index === active}
                  onClick={() => take(option)}
                >
                  {nameOf(option)}
                  {isTwin(option, options) ? ` · ${option[0]}` : ''}
                </li>
              ))}
            </ul>
            <div className="procore-tip" role="status">
              {said}
            </div>
          </div>
        ) : null}
      </div>
    </>
  );
}
