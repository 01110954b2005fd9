// The exit statuses of the `gridbook` command.

export const exitStatus = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;
