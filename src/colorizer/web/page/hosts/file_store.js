/** Files in the browser's own database, so that reloading the page does not lose them. */

const DATABASE = "colorizer";
const FILES = "files";

/** @typedef {{id: string, file: File}} Stored */

/** Keeps files by ids; where the browser has no database, it keeps nothing. */
export class FileStore {
  #database;

  /** @param {IDBDatabase | null} database */
  constructor(database) {
    this.#database = database;
  }

  /** @returns {Promise<FileStore>} */
  static async open() {
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(FILES, { keyPath: "id" });
      return new FileStore(await done(request));
    } catch {
      return new FileStore(null); // a private window, or no room
    }
  }

  /** @returns {Promise<Stored[]>} in the order of their ids */
  async all() {
    const files = this.#files("readonly");
    return files ? done(files.getAll()) : [];
  }

  /**
   * @param {string} id
   * @param {File} file
   */
  async put(id, file) {
    // A full disk costs the visitor nothing but the file after reloading.
    await this.#write((files) => files.put({ id, file }));
  }

  /** @param {string} id */
  async remove(id) {
    await this.#write((files) => files.delete(id));
  }

  /** @param {(files: IDBObjectStore) => IDBRequest} change */
  async #write(change) {
    const files = this.#files("readwrite");
    if (files) await done(change(files)).catch(() => {});
  }

  /** @param {IDBTransactionMode} mode */
  #files(mode) {
    return this.#database?.transaction(FILES, mode).objectStore(FILES);
  }
}

/**
 * @template T
 * @param {IDBRequest<T>} request
 * @returns {Promise<T>}
 */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
