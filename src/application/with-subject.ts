/** Adds the subject to every entry of a journal: the job, its tenant and its trace. */
import type { Job } from '../domain/job.ts';
import type { Journal, Subject } from '../ports/journal.ts';
import type { ChunkWork } from '../ports/work-queue.ts';

/** Returns the same dependencies with a journal that adds `subject` to every entry. */
export function withSubject<D extends { readonly journal: Journal }>(deps: D, subject: Subject): D {
  const { journal } = deps;
  return {
    ...deps,
    journal: {
      note: (entry, more) => {
        journal.note(entry, { ...subject, ...more });
      },
    },
  };
}

export function makeJobSubject({ jobId, accountId, projectId, action }: Job): Subject {
  return { accountId, projectId, action, jobId };
}

export function makeChunkSubject({ chunk, job, trace }: ChunkWork): Subject {
  const { accountId, projectId, jobId, index } = chunk;
  return { accountId, projectId, action: job.action, jobId, chunk: index, traceparent: trace.traceparent };
}
