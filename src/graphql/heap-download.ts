/** What a ticket for the download of a heap snapshot is good for. */
export const heapDownload = (id: string): string => `heap ${id}`;
