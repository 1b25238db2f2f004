/** What the driver wanted with a request. Plain data. */
export type Pending =
  /** Of the operation in hand; when the last is answered: the next operation, the pods of createPods, or the wait for them. */
  | { readonly of: 'operation'; readonly then: 'next' | 'pods' | 'poll' }
  | { readonly of: 'background' }
  | { readonly of: 'churn'; readonly index: number; readonly slot: number; readonly template: number };
