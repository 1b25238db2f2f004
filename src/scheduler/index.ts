/** The scheduler: decides as kube-scheduler does. */
export {};
