// Options of `gridbook experiments`, as they are typed.

interface StoreOption {
  readonly store?: string;
}

export interface ListCommandOptions extends StoreOption {
  readonly workload?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

export interface ShowCommandOptions extends StoreOption {
  readonly plot?: readonly string[];
  readonly json?: boolean;
}

export const exportFormats = ['json', 'csv', 'md', 'html'] as const;

export interface ExportCommandOptions extends StoreOption {
  readonly format?: (typeof exportFormats)[number];
  readonly out?: string;
}

export interface CompareCommandOptions extends StoreOption {
  readonly json?: boolean;
}

export type DeleteCommandOptions = StoreOption;
