/** Describes the actions in words, made from the table of actions. */
import { ACTION_NAMES, type Action, type Effect, type Guard, getTransition } from '../src/domain/actions.ts';

export const GUARD_WORDS: Readonly<Record<Guard, string>> = {
  'completes-goal-open': 'a reached completes goal',
  'end-date-ahead': 'a passed end date',
};

export const EFFECT_WORDS: Readonly<Record<Effect, string>> = { 'starts-now': 'starts now, same length' };

/** All actions: `resume, pause, launch, complete or relaunch`. */
export const ACTION_CHOICE = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(ACTION_NAMES);

/**
 * Describes an action in sentences, such as `Moves fielding runs from paused to live. Barred by a reached
 * completes goal, a passed end date.`
 */
export function describeAction(action: Action): string {
  const { from, to, guards, effects } = getTransition(action);
  const sentences = [
    `Moves fielding runs from ${from.map(quoteAsCode).join(' or ')} to ${quoteAsCode(to)}.`,
    ...(guards.length > 0 ? [`Barred by ${guards.map((guard) => GUARD_WORDS[guard]).join(', ')}.`] : []),
    ...(effects.length > 0
      ? [`The period changes: ${effects.map((effect) => EFFECT_WORDS[effect]).join(', ')}.`]
      : []),
    `One that is ${quoteAsCode(to)} already counts as updated.`,
  ];
  return sentences.join(' ');
}

function quoteAsCode(text: string): string {
  return `\`${text}\``;
}
