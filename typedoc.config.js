// How the reference of the public names is made, and by what subjects they are listed in it.

import { Comment, CommentTag, Converter, ReflectionKind } from 'typedoc';

/** The first whose pattern fits the file in which a name is defined. */
const subjects = [
  ['Errors', /\/sdk\/errors\./],
  ['Environments of cells', /\/sdk\/cell-/],
  ['The markov workload', /\/sdk\/workloads\/markov\//],
  ['Workloads', /\/sdk\/workloads\//],
  ['Models', /\/sdk\/experiments\/models\//],
  ['Comparing with others', /\/sdk\/experiments\/peers\//],
  ['Reports and plots', /\/sdk\/experiments\/report\//],
  ['Experiments', /\/sdk\/experiments\//],
  ['Sessions and tasks', /\/sdk\//],
];
const order = ['Sessions and tasks', 'Workloads', 'The markov workload', 'Experiments'];

/** Gives each name of the main module the category of its subject. */
function bySubject(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const reflection of context.project.getReflectionsByKind(ReflectionKind.All)) {
      if (reflection.parent?.name !== 'gridbook' || !reflection.parent.kindOf(ReflectionKind.Module)) continue;
      const [declaration] = context.getSymbolFromReflection(reflection)?.declarations ?? [];
      const file = declaration?.getSourceFile().fileName ?? '';
      const [subject] = subjects.find(([, pattern]) => pattern.test(file)) ?? [];
      if (subject === undefined) throw new Error(`No subject fits ${reflection.name}, which is defined in ${file}`);
      reflection.comment ??= new Comment();
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: subject }]));
    }
  });
}

export default {
  name: 'Gridbook',
  includeVersion: true,
  plugin: [bySubject],
  entryPoints: ['sdk/index.ts', 'daemon/index.ts', 'notebooks/index.ts'],
  tsconfig: 'tsconfig.build.json',
  out: 'docs/api',
  readme: 'README.md',
  categorizeByGroup: false,
  categoryOrder: [...order, '*', 'Environments of cells', 'Errors'],
  kindSortOrder: ['Module', 'Function', 'Class', 'Variable', 'Interface', 'TypeAlias'],
  navigation: { includeCategories: true, includeGroups: false },
  disableSources: true,
  excludeInternal: true,
  excludeExternals: true,
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  validation: { notExported: true, notDocumented: true, invalidLink: true, invalidPath: true },
  requiredToBeDocumented: ['Variable', 'Function', 'Class', 'Interface', 'Property', 'Method', 'Accessor', 'TypeAlias'],
  intentionallyNotDocumented: membersOf({
    SessionEvent: 'type worker lease node reason message task name attempt error byteLength restarts count stream text',
    CellName: 'type value specifier exportName',
    LimitAnalysis: 'verdict stationary period classes',
    'MarkovResult.latencyMs': 'mean p50 p90 p99',
  }),
};

/** The full names of members of types, of which the type itself says what they are. */
function membersOf(types) {
  return Object.entries(types).flatMap(([type, members]) =>
    members.split(' ').map((member) => `gridbook.${type}.__type.${member}`),
  );
}
