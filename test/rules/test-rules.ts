// Which tests may be left out: none, but those of a suite that needs something that is not on every machine.

import ts from 'typescript';
import type { SourceFile } from './source-tree.ts';
import { placeOf, syntaxOf, walk } from './syntax.ts';

const makers = new Set(['test', 'it', 'describe', 'suite']);
const leavesOut = new Set(['only', 'skip', 'todo']);

/** Where it is decided what a machine lacks. */
const needsPath = 'test/helpers/needs.ts';

/** Tests that are left out, or that leave out all others, without a call of `needs`. */
export function leftOutViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.startsWith('test/') && path !== needsPath)
    .flatMap((file) => {
      const violations: string[] = [];
      walk(syntaxOf(file), (node) => {
        if (!ts.isCallExpression(node)) return;
        const { expression } = node;
        if (ts.isPropertyAccessExpression(expression) && leavesOut.has(expression.name.text)) {
          violations.push(`${placeOf(file, node)} calls ${expression.getText()}: a test that exists is run`);
        }
        if (!ts.isIdentifier(expression) || !makers.has(expression.text)) return;
        for (const option of node.arguments.flatMap(optionsOf)) {
          const name = option.name.getText();
          if (isAllowed(name, givenFor(option), file)) continue;
          violations.push(`${placeOf(file, option)} sets ${name}: only needs(…) may say that a test is left out`);
        }
      });
      return violations;
    });
}

type Option = ts.PropertyAssignment | ts.ShorthandPropertyAssignment;

function optionsOf(argument: ts.Expression): Option[] {
  if (!ts.isObjectLiteralExpression(argument)) return [];
  return argument.properties.filter(
    (property): property is Option =>
      (ts.isPropertyAssignment(property) || ts.isShorthandPropertyAssignment(property)) &&
      leavesOut.has(property.name.getText()),
  );
}

function givenFor(option: Option): ts.Expression {
  return ts.isPropertyAssignment(option) ? option.initializer : option.name;
}

function isAllowed(name: string, value: ts.Expression, file: SourceFile): boolean {
  return value.kind === ts.SyntaxKind.FalseKeyword || (name === 'skip' && comesFromNeeds(value, file));
}

function comesFromNeeds(value: ts.Expression, file: SourceFile): boolean {
  if (ts.isAwaitExpression(value)) return comesFromNeeds(value.expression, file);
  if (ts.isPropertyAccessExpression(value)) return comesFromNeeds(value.expression, file);
  if (ts.isCallExpression(value)) return ts.isIdentifier(value.expression) && value.expression.text === 'needs';
  if (!ts.isIdentifier(value)) return false;
  let found = false;
  walk(syntaxOf(file), (node) => {
    if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return;
    const names = ts.isIdentifier(node.name)
      ? [node.name]
      : node.name.elements.flatMap((element) => (ts.isBindingElement(element) ? [element.name] : []));
    const declares = names.some((declared) => ts.isIdentifier(declared) && declared.text === value.text);
    if (declares && !ts.isIdentifier(node.initializer)) found ||= comesFromNeeds(node.initializer, file);
  });
  return found;
}
