/** The judges of etcd's recordings, for the command line, which opens no room of the cluster by itself. */
export { playSequence, type RecordedSequence, readSequence, SingleServer, type Subject, VectorError } from '#etcd';
