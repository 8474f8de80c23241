// supervision-schema.ts: the fields of a config file by which a service or a supervisor is supervised.

import * as z from "zod";
import { namePattern } from "../../contract/check.ts";
import { ranges } from "../../contract/ranges.ts";
import { conditions, onFailures, restartPolicies } from "../../contract/sets.ts";
import { described, numberIn, objectOf, wait } from "./fields.ts";

export const name = z
  .string()
  .regex(namePattern, "must be 1 to 128 of A-Z a-z 0-9 _ . -")
  .meta({ description: 'Unique among its siblings. "/" joins names to paths.' });

const policy = z.enum(restartPolicies);

const restart = z
  .union([
    policy,
    objectOf({
      policy: policy.optional().meta({ description: 'Default "on-failure".' }),
      maxRetries: described(
        numberIn(ranges.count),
        "Consecutive failures that are retried; the next one is final. Default 5.",
      ),
      initialBackoffMs: wait("duration", "The wait after the first failure. Default 1000."),
      maxBackoffMs: wait("duration", "The longest wait. Default 60000."),
      multiplier: described(numberIn(ranges.multiplier), "By which the wait grows with each failure. Default 2."),
      jitter: z
        .union([z.boolean(), z.number().min(0).max(1)])
        .optional()
        .meta({ description: "A share of the wait by which it varies both ways. Default true: 0.25." }),
      resetAfterMs: wait(
        "patience",
        "Being up this long clears the count of failures. Default: maxBackoffMs, at least 1000.",
      ),
    }),
  ])
  .optional()
  .meta({ description: 'Whether and how it comes back. Default "on-failure".' });

const dependsOn = z
  .array(
    z.union([
      z.string(),
      objectOf({
        service: z.string(),
        condition: z.enum(conditions).optional().meta({ description: 'Default "healthy".' }),
        required: z
          .boolean()
          .optional()
          .meta({ description: "false: start anyway once it is hopeless. Default true." }),
        onFailure: z
          .enum(onFailures)
          .optional()
          .meta({ description: 'What happens to this service when that one goes down later. Default "ignore".' }),
      }),
    ]),
  )
  .optional()
  .meta({ description: "Siblings that must be up first." });

/** The fields that processes and supervisors share. */
export const supervision = {
  name,
  restart,
  dependsOn,
  startDelayMs: wait("duration", "A wait before the first start. Default 0."),
  startTimeoutMs: wait("patience", "Not ready by then is a failed start. Default 30000; none for a supervisor."),
  stopTimeoutMs: wait(
    "patience",
    "How long it may take to stop before it is killed. Default 10000; no limit for a supervisor.",
  ),
  critical: z.boolean().optional().meta({
    description: 'Whether its failure for good fails its supervisor. Default true, unless restart is "never".',
  }),
  significant: z.boolean().optional().meta({ description: "Whether its end counts for autoShutdown. Default false." }),
  meta: z.record(z.string(), z.unknown()).optional().meta({ description: "Yours; the inspector shows it." }),
};
