import files from '../../weights.embedded';

export default files;
