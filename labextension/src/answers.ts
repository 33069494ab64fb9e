/** What a kernel answers: the shapes of `procore_jupyter/notebook/lab.py`, version 1. */

/** The version of questions and answers that this extension speaks. */
export const VERSION = 1;

/** A company or a project: its number and its name. */
export type Named = [id: number, name: string];

export interface IForm {
  environments: [name: string, title: string][];
  environment: string;
  client_id: string;
  company_id: string;
  save_as: string;
  redirect_uri: string;
}

/** How a person signs in: the link, and what to do if nothing happens. */
export interface ISignIn {
  url: string;
  host: string;
  state: string;
  seconds: number;
  notes: string[];
  redirect_uri: string;
  paste_only: boolean;
}

export interface ISession {
  state: 'asked' | 'waiting' | 'signed in' | 'not signed in' | 'no sign-in';
  place: string;
  user: string;
  login: string;
  company: Named | null;
  companies: Named[];
  /** Number, name, and how a person writes it in code. */
  project: [id: number, name: string, code: string] | null;
  renewal: string;
  /** Requests left, and allowed. */
  rate: [left: number, allowed: number] | null;
  problem: string;
  notices: string[];
  /** The cell that makes the session again. */
  line: string;
  form: IForm | null;
  sign_in: ISignIn | null;
}

/** What a person who isn't signed in may connect to; the form, where it isn't known what. */
export interface IOffers {
  form: IForm | null;
  saved: string[];
  demo: boolean;
  problem: string;
}

export interface IState {
  sessions: string[];
  name: string;
  catalog: string;
  session: ISession | null;
  offers: IOffers | null;
}

export type TableLine = [name: string, title: string, scope: string];

export interface ICatalog {
  groups: { title: string; tables: TableLine[] }[];
  tail: TableLine[];
}

/** One table as it is opened in the tree. */
export interface ITable {
  name: string;
  title: string;
  scope: string;
  note: string;
  days: string;
  columns: [name: string, kind: string, meaning: string][];
  first: string[];
  required: [name: string, takes: string][];
  /** The values are as Python writes them; there are none where they aren't few. */
  filters: [name: string, takes: string, values: string[]][];
}

export interface IProjects {
  projects: Named[];
  found: number;
  all: number;
  lack: string;
}

/** The first rows of a table, as texts. */
export interface IPreview {
  caption: string;
  alerts: string[];
  notes: string[];
  rows: number;
  columns: { name: string; kind: string; meaning: string; number: boolean; cells: string[] }[];
}
