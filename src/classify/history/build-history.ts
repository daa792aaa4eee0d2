import type { HistoryEntry, ImageConfig } from '../../oci/image-config.ts';
import { type BuildHistory, matchSteps } from './build-steps.ts';
import { findRootfs } from './rootfs.ts';

/** What is known of a layer that no entry describes. */
const NO_ENTRY: HistoryEntry = { createdBy: '', emptyLayer: false };

/**
 * Parses the history and finds the step that made each layer. Builders may write `empty_layer` wrongly or not at all,
 * squash layers, or leave steps out; if steps and layers do not match, steps have no layer. Some put layers on an image
 * and leave its history as it was: if that begins with a root file system, these layers have an empty step each, on top.
 * @param layerCount the number of layers in the manifest
 * @see bazel-contrib/rules_oci, oci/private/image.sh; buildah-build(1) and umoci-repack(1), "history"
 */
export function readBuildHistory(config: ImageConfig, layerCount: number): BuildHistory {
  const history = matchSteps(config, layerCount);
  if (history.aligned) return history;
  // Schema 1 has no diffIDs, and lists a layer for each setting, too.
  const missing = config.diffIds.length - config.history.filter(({ emptyLayer }) => !emptyLayer).length;
  if (missing <= 0 || !findRootfs(history.steps)) return history;
  const entries = [...config.history, ...Array.from({ length: missing }, () => NO_ENTRY)];
  const completed = matchSteps({ ...config, history: entries }, layerCount);
  return completed.aligned ? completed : history;
}
