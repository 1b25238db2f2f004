/** What the driver wanted with a request. Plain data. */
export type Pending =
  /** Of the operation in hand; when the last is answered: the next operation, the objects of createPods or createAny, or the wait for pods. */
  | { readonly of: 'operation'; readonly then: 'next' | 'pods' | 'objects' | 'poll'; readonly deletes?: true }
  | { readonly of: 'background' }
  /** A steady state's last batch is being deleted. */
  | { readonly of: 'steady' }
  /** A list that an operation on devices needs, or ('') one of its writes. */
  | { readonly of: 'devices'; readonly list: string }
  | { readonly of: 'churn'; readonly index: number; readonly slot: number; readonly template: number };
