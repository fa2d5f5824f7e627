/** Adds to every entry of a journal what it is about, so that each says whose job it concerns and on which trace. */
import type { ChunkWork } from '../ports/work-queue.ts';
import type { Journal, Subject } from '../ports/journal.ts';
import type { Job } from '../domain/job.ts';

/** The same world, with a journal whose entries are all about `subject`. */
export function about<W extends { readonly journal: Journal }>(world: W, subject: Subject): W {
  const { journal } = world;
  return {
    ...world,
    journal: {
      note: (entry, more) => {
        journal.note(entry, { ...subject, ...more });
      },
    },
  };
}

export function subjectOfJob({ jobId, accountId, projectId, action }: Job): Subject {
  return { accountId, projectId, action, jobId };
}

export function subjectOfChunk({ chunk, job, trace }: ChunkWork): Subject {
  const { accountId, projectId, jobId, index } = chunk;
  return { accountId, projectId, action: job.action, jobId, chunk: index, traceparent: trace.traceparent };
}
