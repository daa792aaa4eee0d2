import type { Verb } from '../classify/history/instruction.ts';
import { remember, rememberOf } from '../common/remember.ts';
import type { ImageView, LayerView } from './image-view.ts';

/**
 * Returns the value of a variable as a layer's script sees it: set in the script itself, by the last ENV before it, by
 * the base if no step sets it, or by an ARG; undefined if it is not set.
 */
export function variableSeenBy(view: ImageView, layer: LayerView, name: string): string | undefined {
  const settings = settingsOf(view)(name).filter(({ below }) => below <= layer.position);
  const lastOf = (verb: Verb) => settings.findLast((setting) => setting.verb === verb)?.value;
  return valueIn(layer.args, name) ?? lastOf('ENV') ?? lastOf('ARG');
}

/** A value that a step gives to a variable. */
interface Setting {
  readonly verb: Verb;
  readonly value: string;
  /** The number of layers below the step. */
  readonly below: number;
}

/**
 * Returns the values of a variable in the order of the steps, first that of the image if no ENV sets it: some builders
 * leave the base's steps out of the history. Remembered, since each of thousands of layers may ask for the same.
 */
const settingsOf = rememberOf(({ steps, image }: ImageView) =>
  remember((name): readonly Setting[] => {
    let below = 0;
    const settings = steps.flatMap(({ verb, args, layer }) => {
      if (layer !== undefined) below = layer + 1;
      const value = verb === 'ENV' || verb === 'ARG' ? valueIn(args, name) : undefined;
      return value === undefined ? [] : [{ verb, value, below }];
    });
    const inherited = valueIn(image.config.env.join('\n'), name);
    return inherited === undefined || settings.some(({ verb }) => verb === 'ENV')
      ? settings
      : [{ verb: 'ENV', value: inherited, below: 0 }, ...settings];
  }),
);

function valueIn(text: string, name: string): string | undefined {
  if (!text.includes(`${name}=`)) return undefined;
  return new RegExp(`(?<![\\w-])${name}=["']?([^\\s;&|"']*)`).exec(text)?.[1];
}
